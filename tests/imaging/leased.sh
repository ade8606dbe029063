#!/bin/busybox sh
# Called by udhcpc: take the address. The server is the way out: a PC without an NFS root tells it so by that.
if [ "$1" = bound ] || [ "$1" = renew ]; then
    /bin/busybox ip address add "$ip/$mask" dev "$interface"
    /bin/busybox ip route add default via "${router%% *}" dev "$interface"
    /bin/busybox ip route add 224.0.0.0/4 dev "$interface"
fi
