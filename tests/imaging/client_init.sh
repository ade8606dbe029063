#!/bin/busybox sh
# What a PC does that boots from the DRBL server of the tests, in the place of DRBL's own memory disk: it takes the
# server's system by HTTP instead of NFS, and goes on in it.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
while read -r name; do
    insmod "/modules/$name.ko" || echo "client: no $name"
done </modules/order
ip link set lo up
ip link set eth0 up
udhcpc -i eth0 -s /bin/leased -q -n -t 30 -T 1 || reboot -f
mkdir /system /memory /root
mount -t tmpfs -o size=1g none /memory
wget -q -O /memory/system.squashfs http://10.77.0.1:8080/system.squashfs || reboot -f
mount -t squashfs -o loop /memory/system.squashfs /system
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/system,upperdir=/memory/upper,workdir=/memory/work none /root
for name in proc sys dev; do mount --move /$name /root/$name; done
cp /client_system.sh /root/run/client_system.sh
exec switch_root /root /bin/bash /run/client_system.sh
