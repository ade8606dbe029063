#!/bin/busybox sh
# What an emulated PC does once its kernel runs: take one partition from a multicast, write it to its disk, go off.
# The kernel's command line tells: address=, server=, port=.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
while read -r name; do
    insmod "/modules/$name.ko" || echo "seat: no $name"
done </modules/order
for word in $(cat /proc/cmdline); do
    case $word in
        address=* | server=* | port=*) export "${word?}" ;;
    esac
done
# What is written goes to the disk soon, as on a PC whose memory is small beside its image.
echo 524288 >/proc/sys/vm/dirty_bytes
echo 262144 >/proc/sys/vm/dirty_background_bytes
ip link set lo up
ip link set eth0 up
ip address add "$address/24" dev eth0
ip route add 224.0.0.0/4 dev eth0
tries=0
while ! wget -q -O /tmp/table "http://$server:8080/table" && [ $tries -lt 50 ]; do
    tries=$((tries + 1))
    usleep 200000
done
dd if=/tmp/table of=/dev/vda bs=512 count=1 conv=notrunc 2>/dev/null
blockdev --rereadpt /dev/vda
echo "seat: waits for the image"
set -o pipefail
udp-receiver --nokbd --interface eth0 --portbase "$port" --ttl 1 --mcast-rdv-address 239.7.7.7 2>/tmp/received |
    zstd -d -c | partclone.ext4 -B -L /tmp/partclone.log -s - -r -o /dev/vda1 2>/tmp/restored
echo "seat: restore ended with $?"
tail -n 5 /tmp/received
tail -n 12 /tmp/restored
sync
poweroff -f
