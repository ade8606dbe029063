# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rows of the lab's FOG as the real one writes them: every scalar as text, nested rows, and secrets among them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lab.fog.store import TASK_STATES, TASK_TYPES, GroupRow, HostRow, ImageRow, Pair, SessionRow, Store, TaskRow

Json = dict[str, Any]
NODE_PASSWORD = "storage-node-secret"
DOMAIN_PASSWORD = "domain-join-secret"
PRODUCT_KEY = "VK7JG-NPHTM-C97JM-9MPGT-3V66T"
_HOST_EMPTY = ("useAD", "ADDomain", "ADOU", "ADUser")
_INVENTORY = (
    "id", "hostID", "primaryUser", "other1", "other2", "createdTime", "deleteDate", "sysman", "sysproduct",
    "sysversion", "sysserial", "sysuuid", "systype", "biosversion", "biosvendor", "biosdate", "mbman",
    "mbproductname", "mbversion", "mbserial", "mbasset", "cpuman", "cpuversion", "cpucurrent", "cpumax", "mem",
    "hdmodel", "hdserial", "hdfirmware", "caseman", "casever", "caseserial", "caseasset",
)  # fmt: skip


def when(moment: datetime | None) -> str:
    """Write a time."""
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment is not None else "0000-00-00 00:00:00"


def image(row: ImageRow, *, nested: bool = False) -> Json:
    """Write an image, or the short form of it that stands in other rows."""
    short: Json = {
        "id": str(row.id), "imageTypeID": str(row.kind), "imagePartitionTypeID": str(row.partitions),
        "name": row.name, "description": "",
        "path": row.path, "createdTime": when(row.created), "createdBy": "fog", "building": "0", "size": row.size,
        "osID": str(row.os), "deployed": when(None), "format": row.format, "magnet": "",
        "protected": str(int(row.protected)),
        "compress": "0", "isEnabled": str(int(row.enabled)), "toReplicate": row.replicate, "srvsize": "0",
    }  # fmt: skip
    if nested:
        return {**short, "os": {}, "imagepartitiontype": {}, "imagetype": {}}
    return {
        **short,
        "os": {"id": str(row.os), "name": "Windows 10", "description": ""},
        "imagepartitiontype": {"id": "1", "name": "Everything", "type": "all"},
        "imagetype": {"id": "1", "name": "Single Disk - Resizable", "type": "n"},
        "imagetypename": "Single Disk - Resizable", "imageparttypename": "Everything", "osname": "Windows 10",
        "storagegroupname": "default",
    }  # fmt: skip


def no_image() -> Json:
    """Write the image of what has none: every key, and nothing in it."""
    empty = image(ImageRow(0, "", "", None), nested=True)
    return {key: "" if isinstance(value, str) else value for key, value in empty.items()}


def host(store: Store, row: HostRow, its: ImageRow | None = None) -> Json:
    """Write a PC. A real one may hold the domain's password and a product key.

    ``its``: the image that stands in it where it stands in a task: the task's, though ``imageID`` is the PC's own.
    """
    its = its or store.images.get(row.image)
    return {
        "id": str(row.id), "name": row.name, "description": "", "ip": "", "imageID": str(row.image), "building": "0",
        "createdTime": when(row.created), "deployed": when(row.deployed), "createdBy": "fog",
        **dict.fromkeys(_HOST_EMPTY, ""),
        "ADPass": DOMAIN_PASSWORD, "ADPassLegacy": "", "productKey": PRODUCT_KEY,
        "printerLevel": "", "kernelArgs": "", "kernel": "", "kernelDevice": "", "init": "", "pending": row.pending,
        "pub_key": "", "sec_tok": "", "sec_time": when(None), "pingstatus": '<i class="icon-ping-down"></i>',
        "biosexit": "", "efiexit": "", "enforce": "", "primac": row.macs[0] if row.macs else "",
        "imagename": its.name if its else "",
        "hostscreen": dict.fromkeys(
            ("id", "hostID", "width", "height", "refresh", "orientation", "other1", "other2"), ""
        ),
        "hostalo": {"id": "", "hostID": "", "time": ""},
        "inventory": {**dict.fromkeys(_INVENTORY, ""), "memory": "0.00 iB"},
        "image": image(its, nested=True) if its else no_image(),
        "macs": list(row.macs),
    }  # fmt: skip


def group(store: Store, row: GroupRow) -> Json:
    """Write a group: it tells how many, never who."""
    return {
        "id": str(row.id), "name": row.name, "description": "", "createdBy": "fog", "createdTime": when(row.created),
        "building": "0", "kernel": "", "kernelArgs": "", "kernelDevice": "", "hostcount": len(store.hosts_in(row.id)),
    }  # fmt: skip


def member(row: Pair) -> Json:
    """Write that a host is in a group."""
    return {"id": str(row.id), "hostID": str(row.member), "groupID": str(row.owner)}


def receiver(row: Pair) -> Json:
    """Write that a multicast waits for a task."""
    return {"msID": str(row.owner), "id": str(row.id), "taskID": str(row.member)}


def task_type(kind: int) -> Json:
    """Write a kind of task."""
    name, access = TASK_TYPES[kind]
    arguments = {1: "type=down", 8: "type=down mc=yes", 17: "type=down"}.get(kind, "")
    return {
        "id": str(kind), "name": name, "description": "", "icon": "", "kernel": "", "kernelArgs": arguments,
        "type": "fog", "isAdvanced": "0" if kind in (1, 2, 8) else "1", "access": access, "initrd": "",
    }  # fmt: skip


def task_state(state: int) -> Json:
    """Write a state; 0 has no row."""
    if state not in TASK_STATES:
        return dict.fromkeys(("id", "name", "description", "order", "icon"), "")
    return {"id": str(state), "name": TASK_STATES[state], "description": "", "order": str(state), "icon": ""}


def storage_group(*, full: bool = True) -> Json:
    """Write the one storage group."""
    row: Json = {"id": "1", "name": "default", "description": "Auto generated fog nfs group"}
    return {**row, "totalsupportedclients": 10, "enablednodes": ["1"], "allnodes": [1]} if full else row


def node(store: Store, *, nested: bool = False) -> Json:
    """Write the one storage node, with its password, as FOG does in every task."""
    row: Json = {
        "id": "1", "name": "DefaultMember", "description": "Auto generated fog nfs group member",
        "isMaster": store.node_master, "storagegroupID": "1", "isEnabled": "1", "isGraphEnabled": "1",
        "path": "/images", "ftppath": "/images/", "bitrate": store.node_bitrate, "helloInterval": "",
        "snapinpath": "/opt/fog/snapins", "sslpath": "/opt/fog/snapins/ssl", "ip": "127.0.0.1", "maxClients": "10",
        "user": "fog", "pass": NODE_PASSWORD, "key": "", "interface": "lo", "bandwidth": "0", "webroot": "/fog/",
        "storagegroup": {} if nested else storage_group(),
    }  # fmt: skip
    return row if nested else {**row, "clientload": 0, "online": False}


def task(store: Store, row: TaskRow) -> Json:
    """Write a task."""
    its = store.hosts.get(row.host)
    kind = task_type(row.type)
    return {
        "id": str(row.id), "name": row.name, "checkInTime": when(row.checked_in), "hostID": str(row.host),
        "stateID": str(row.state), "createdTime": when(row.created), "createdBy": row.by, "isForced": "0",
        "scheduledStartTime": when(None), "typeID": str(row.type), "pct": f"{row.pct:010d}", "bpm": row.rate,
        "timeElapsed": row.elapsed, "timeRemaining": row.remaining, "dataCopied": row.copied, "percent": row.percent,
        "dataTotal": row.total, "storagegroupID": str(row.storage_group), "storagenodeID": "1", "NFSFailures": "",
        "NFSLastMemberID": "0", "shutdown": row.shutdown, "passreset": "", "isDebug": "0", "imageID": str(row.image),
        "wol": row.wol, "image": image(store.images[row.image], nested=True),
        "host": host(store, its, store.images[row.image]) if its else {}, "type": kind, "state": task_state(row.state),
        "storagenode": node(store, nested=True), "storagegroup": storage_group(full=False),
    }  # fmt: skip


def session(store: Store, row: SessionRow) -> Json:
    """Write a multicast; one that was made by cancelling an unknown id is nearly empty."""
    its = store.images.get(row.image)
    real = "1" if its else "0"
    return {
        "id": str(row.id), "name": row.name, "port": str(row.port), "logpath": row.path,
        "image": image(its, nested=True) if its else no_image(), "clients": "0", "sessclients": "0",
        "interface": "lo" if its else "", "starttime": when(row.started), "percent": "0", "stateID": str(row.state),
        "completetime": when(row.completed), "isDD": real, "storagegroupID": real,
        "anon3": "", "anon4": "", "anon5": "",
        "state": task_state(row.state), "imageID": str(row.image or ""),
    }  # fmt: skip


def listing(store: Store, table: str) -> list[Json]:
    """Write all rows of a table, in FOG's order: by name where there is one. A task for no host is left out."""
    makers: dict[str, Callable[[], list[Json]]] = {
        "image": lambda: [image(row) for row in store.images.values()],
        "host": lambda: [host(store, row) for row in store.hosts.values()],
        "group": lambda: [group(store, row) for row in store.groups.values()],
        "groupassociation": lambda: [member(row) for row in store.members.values()],
        "multicastsessionassociation": lambda: [receiver(row) for row in store.receivers.values()],
        "task": lambda: [task(store, row) for row in store.tasks.values() if row.host],
        "multicastsession": lambda: [session(store, row) for row in store.sessions.values()],
        "tasktype": lambda: [{**task_type(kind), "isSnapinTasking": kind in (12, 13)} for kind in TASK_TYPES],
        "taskstate": lambda: [task_state(state) for state in TASK_STATES],
        "storagenode": lambda: [node(store)],
        "storagegroup": lambda: [storage_group()],
        "imaginglog": lambda: [
            {
                "id": str(row.id), "hostID": str(row.host), "start": when(row.start), "finish": when(row.finish),
                "image": row.image, "type": row.type, "createdBy": row.by, "host": host(store, store.hosts[row.host]),
            }
            for row in store.log.values()
        ],
    }  # fmt: skip
    return sorted(makers[table](), key=lambda row: str(row.get("name", "")).lower())
