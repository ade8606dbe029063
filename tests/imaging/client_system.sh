#!/bin/bash
# Number 1 of a PC that runs the DRBL server's system: what its init would do before Clonezilla's own start script.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux
mount -t tmpfs none /run
mount -t tmpfs none /tmp
# By this DRBL's programs know a PC from its server.
mkdir -p /etc/diskless-image && echo 'nfsserver_default=10.77.0.1' >/etc/diskless-image/config
for how in poweroff reboot; do
    printf '#!/bin/sh\nsync\nexec busybox %s -f\n' "$how" >"/usr/sbin/$how"
    chmod 755 "/usr/sbin/$how"
done
mkdir -p /dev/pts && mount -t devpts none /dev/pts
ln -s /proc/self/fd /dev/fd
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle
echo 33554432 >/proc/sys/vm/dirty_bytes
# The server's images: its own folder in the place of NFS where it is shared, otherwise a copy, and that without the data
# when it comes by multicast.
what=whole
grep -q multicast_ /proc/cmdline && what=names
mkdir -p /home/partimag
mount -t virtiofs images /home/partimag ||
    busybox wget -q -O - "http://10.77.0.1:8080/images-$what.tar" | tar -x -C /home/partimag
echo "client: Clonezilla begins"
/usr/share/drbl/setup/files/ocs/ocs-run start </dev/console
echo "client: Clonezilla ended"
sync
sleep 2
busybox poweroff -f
