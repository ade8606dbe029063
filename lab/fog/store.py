# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a FOG server holds, and what it does with it: the rules as they were seen on a real 1.5.8, faults included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ACTIVE = (0, 1, 2, 3)
TASK_TYPES = {
    1: ("Deploy", "both"), 2: ("Capture", "host"), 3: ("Debug", "host"), 4: ("Memtest86+", "both"),
    5: ("Test Disk", "both"), 6: ("Disk Surface Test", "both"), 7: ("Recover", "both"), 8: ("Multi-Cast", "group"),
    10: ("Hardware Inventory", "both"), 11: ("Password Reset", "both"), 12: ("All Snapins", "both"),
    13: ("Single Snapin", "both"), 14: ("Wake-Up", "both"), 15: ("Deploy - Debug", "host"),
    16: ("Capture - Debug", "host"), 17: ("Deploy - No Snapins", "both"), 18: ("Fast Wipe", "both"),
    19: ("Normal Wipe", "both"), 20: ("Full Wipe", "both"), 21: ("Virus Scan", "both"),
    22: ("Virus Scan - Quarantine", "both"),
}  # fmt: skip
CAPTURE = 2
TASK_STATES = {1: "Queued", 2: "Checked In", 3: "In-Progress", 4: "Complete", 5: "Cancelled"}


class Refused(Exception):
    """The server does not do it. ``body``: what it answers, None for a page without content."""

    def __init__(self, status: int, error: str | None = None, *, page: bool = False) -> None:
        super().__init__(error)
        self.status = status
        self.body = None if error is None else {"error": error}
        self.page = page


@dataclass(slots=True)
class Quirks:
    """The faults that a server shows, each seen or reported on real ones.

    ``created_but_500``: tasks are made and the answer is an error. ``accepted_but_nothing``: the other way (#1677).
    ``php8``: a single task cannot be cancelled (500), ids and names cannot be listed. ``cancel_does_nothing``: #1215.
    ``session_stays``: a multicast is never closed (#820). ``api_off``: each address redirects to the pages.
    ``bodies_lost``: a proxy drops bodies of questions and of deletions. ``wrong_streams``: seats of a multicast that
    get the stream of another partition and say that all is well (#1742). ``image_not_taken``: hosts whose image
    cannot be changed. ``capture_empty``: a capture is called complete and nothing came (the move of its files failed).
    """

    created_but_500: bool = False
    accepted_but_nothing: bool = False
    php8: bool = False
    cancel_does_nothing: bool = False
    session_stays: bool = False
    api_off: bool = False
    bodies_lost: bool = False
    capture_empty: bool = False
    wrong_streams: set[int] = field(default_factory=set)
    image_not_taken: set[int] = field(default_factory=set)


@dataclass(slots=True)
class ImageRow:
    """``size``: of the partitions, as FOG writes it, "" while nothing was captured into it."""

    id: int
    name: str
    path: str
    created: datetime | None
    os: int = 9
    enabled: bool = True
    format: str = ""
    replicate: str = ""
    size: str = ""
    protected: bool = False
    kind: int = 1
    partitions: int = 1
    source: str = ""  # the PC whose disk it holds: the lab's truth, which no answer tells


@dataclass(slots=True)
class HostRow:
    id: int
    name: str
    macs: list[str]
    image: int
    created: datetime | None
    deployed: datetime | None = None
    pending: str = ""
    disk: str = ""  # what lies on the PC's disk: the lab's truth, which no answer tells


@dataclass(slots=True)
class GroupRow:
    id: int
    name: str
    created: datetime | None


@dataclass(slots=True)
class TaskRow:
    id: int
    name: str
    host: int
    type: int
    image: int
    created: datetime | None
    by: str = "fog"
    state: int = 1
    checked_in: datetime | None = None
    pct: int = 0
    percent: str = ""
    rate: str = ""
    elapsed: str = ""
    remaining: str = ""
    copied: str = ""
    total: str = ""
    shutdown: str = ""
    storage_group: int = 0
    wol: str = ""


@dataclass(slots=True)
class SessionRow:
    id: int
    name: str
    image: int
    path: str
    port: int
    started: datetime | None
    state: int = 0
    completed: datetime | None = None


@dataclass(slots=True)
class Pair:
    """A row that ties two others: group and host, session and task."""

    id: int
    owner: int
    member: int


@dataclass(slots=True)
class LogEntry:
    id: int
    host: int
    image: str
    start: datetime | None
    finish: datetime | None
    by: str = "fog"
    type: str = "down"


@dataclass(slots=True)
class Store:
    """Everything on one server. ``now`` moves a second with each call of ``tick``: no test waits for a clock."""

    now: datetime = datetime(2026, 11, 21, 22, 0, 0)  # noqa: DTZ001 - FOG's times have no zone
    quirks: Quirks = field(default_factory=Quirks)
    images: dict[int, ImageRow] = field(default_factory=dict)
    hosts: dict[int, HostRow] = field(default_factory=dict)
    groups: dict[int, GroupRow] = field(default_factory=dict)
    members: dict[int, Pair] = field(default_factory=dict)
    tasks: dict[int, TaskRow] = field(default_factory=dict)
    sessions: dict[int, SessionRow] = field(default_factory=dict)
    receivers: dict[int, Pair] = field(default_factory=dict)
    log: dict[int, LogEntry] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    node_bitrate: str = ""
    node_master: str = "1"

    def tick(self) -> datetime:
        """Let a second pass."""
        self.now += timedelta(seconds=1)
        return self.now

    def next(self, table: str) -> int:
        """Return the next id of a table."""
        self.last[table] = self.last.get(table, 0) + 1
        return self.last[table]

    def add_image(self, name: str, path: str = "", *, enabled: bool = True, format: str = "5") -> ImageRow:  # noqa: A002
        """Make an image."""
        row = ImageRow(self.next("image"), name, path or name, self.now, enabled=enabled, format=format)
        self.images[row.id] = row
        return row

    def add_host(self, name: str, macs: Iterable[str], image: int = 0) -> HostRow:
        """Register a PC. A name that exists is refused in words, a MAC that exists by a page without content."""
        taken = {mac for host in self.hosts.values() for mac in host.macs}
        if any(host.name == name for host in self.hosts.values()):
            raise Refused(500, "Already created")
        macs = [mac.lower() for mac in macs]
        if taken & set(macs):
            raise Refused(500, page=True)
        row = HostRow(self.next("host"), name, macs, image, self.now)
        self.hosts[row.id] = row
        return row

    def add_group(self, name: str, hosts: Iterable[int]) -> GroupRow:
        """Make a group."""
        row = GroupRow(self.next("group"), name, self.now)
        self.groups[row.id] = row
        for host in hosts:
            pair = Pair(self.next("member"), row.id, int(host))
            self.members[pair.id] = pair
        return row

    def hosts_in(self, group: int) -> list[int]:
        """Return the members of a group."""
        return [pair.member for pair in self.members.values() if pair.owner == group]

    def edit_host(self, host: HostRow, name: str | None, image: int | None) -> None:
        """Change a PC. Any name with capitals counts as one that is taken."""
        if name is not None and name != host.name.lower():
            raise Refused(500, "Already created")
        if image is not None and host.id not in self.quirks.image_not_taken:
            host.image = image

    def busy(self, host: int) -> bool:
        """Whether a PC has a task that is not over."""
        return any(task.host == host and task.state in ACTIVE for task in self.tasks.values())

    def task_host(self, host: HostRow, kind: int, name: str, shutdown: str, wol: str) -> None:
        """Give one PC a task."""
        self._type(kind)
        if self.busy(host.id):
            raise Refused(500, "Host is already a member of an active task")
        if host.image not in self.images or (kind == CAPTURE and self.images[host.image].protected):
            raise Refused(500, "Image is not valid")
        if self.quirks.accepted_but_nothing:
            return
        self._new_task(f"{name} - {host.name}", host.id, kind, host.image, shutdown, storage_group=1, wol=wol)
        if self.quirks.created_but_500:
            raise Refused(500, page=True)

    def task_group(self, group: GroupRow, kind: int, name: str, shutdown: str) -> None:
        """Give all PCs of a group a task: the lowest image of theirs for all, and a ghost in place of the busy ones."""
        self._type(kind)
        hosts = self.hosts_in(group.id)
        free = [host for host in hosts if not self.busy(host)]
        if not free:
            raise Refused(500, "No hosts available to task")
        if self.quirks.accepted_but_nothing:
            return
        image = min(self.hosts[host].image for host in hosts)
        title = f"{name} - {group.name}"
        made = []
        if len(free) < len(hosts):
            made.append(self._new_task(title, 0, kind, image, shutdown, by=""))
        made += [self._new_task(title, host, kind, image, shutdown, by="") for host in free]
        if kind == 8:
            session = SessionRow(self.next("session"), title, image, self.images[image].path, 63100, self.now)
            self.sessions[session.id] = session
            for task in made:
                pair = Pair(self.next("receiver"), session.id, task.id)
                self.receivers[pair.id] = pair
        if self.quirks.created_but_500:
            raise Refused(500, page=True)

    def cancel_all(self, hosts: Iterable[int] | None = None) -> None:
        """Cancel every active task of the server, or of some PCs."""
        wanted = None if hosts is None else set(hosts)
        active = [t for t in self.tasks.values() if t.state in ACTIVE and (wanted is None or t.host in wanted)]
        if not active:
            raise Refused(500, page=True)
        for task in active:
            task.state = 5

    def cancel_task(self, task_id: int) -> None:
        """Cancel one task; for an id that does not exist, every one of the server."""
        if task_id not in self.tasks:
            self.cancel_all()
        elif self.quirks.php8:
            raise Refused(500, page=True)
        elif not self.quirks.cancel_does_nothing:
            self.tasks[task_id].state = 5

    def cancel_session(self, session_id: int) -> None:
        """Cancel a multicast with all its tasks, the complete ones too; an unknown id makes a row of it."""
        if self.quirks.cancel_does_nothing:
            return
        self._close(session_id, 5)

    def complete_session(self, session_id: int) -> None:
        """What the server's own service does when its sender has ended: everything is complete, whoever took part."""
        self._close(session_id, 4)

    def _close(self, session_id: int, state: int) -> None:
        if session_id not in self.sessions:
            self.sessions[session_id] = SessionRow(session_id, "", 0, "", 0, None)
        session = self.sessions[session_id]
        session.state, session.name, session.completed = state, "", self.now
        for pair in [pair for pair in self.receivers.values() if pair.owner == session_id]:
            self.tasks[pair.member].state = state
            del self.receivers[pair.id]

    def _new_task(
        self, name: str, host: int, kind: int, image: int, shutdown: str, *, by: str = "fog", storage_group: int = 0,
        wol: str = "",
    ) -> TaskRow:  # fmt: skip
        task = TaskRow(
            self.next("task"), name, host, kind, image, self.now, by,
            shutdown=shutdown, storage_group=storage_group, wol=wol,
        )  # fmt: skip
        self.tasks[task.id] = task
        return task

    def _type(self, kind: int) -> None:
        if kind not in TASK_TYPES:
            raise Refused(501, "Invalid tasking type passed")

    # What PCs tell, without any proof of who they are

    def check_in(self, mac: str) -> str:
        """A PC has booted and is about to be imaged."""
        task = self._task_of(mac)
        if task is None:
            return "#!nt"
        task.state, task.checked_in, task.by = 3, self.now, "fog"
        entry = LogEntry(self.next("log"), task.host, self.images[task.image].name, self.now, None)
        entry.type = "up" if task.type == CAPTURE else "down"
        self.log[entry.id] = entry
        return "##@GO"

    def report(self, mac: str, told: str) -> None:
        """A PC tells how far it is: rate, elapsed, remaining, copied, total, percent, joined by @."""
        task = self._task_of(mac)
        parts = told.split("@")
        if task is not None and len(parts) >= 6:
            task.rate, task.elapsed, task.remaining, task.copied, task.total, task.percent = parts[:6]
            task.pct = int(float(task.percent or 0))

    def captured(self, mac: str) -> str:
        """A PC says that its disk was read: it is believed, and the image is what came."""
        task = self._task_of(mac)
        if task is None or task.type != CAPTURE:
            return "#!nt"
        image, host = self.images[task.image], self.hosts[task.host]
        if not self.quirks.capture_empty:
            image.size, image.source = "524288000:214748364800:", host.name
        self._end(task, host)
        return "##"

    def done(self, mac: str) -> str:
        """A PC says that it is done: it is believed."""
        task = self._task_of(mac)
        if task is None or task.type == CAPTURE:
            return "#!nt"
        host = self.hosts[task.host]
        wrong = task.type == 8 and host.id in self.quirks.wrong_streams
        host.disk = "another partition's data" if wrong else self.images[task.image].name
        host.deployed = self.now
        self._end(task, host)
        if not self.quirks.session_stays:
            self._close_if_over(task)
        return "##"

    def _end(self, task: TaskRow, host: HostRow) -> None:
        task.state, task.percent, task.pct = 4, "100", 100
        for entry in self.log.values():
            if entry.host == host.id and entry.finish is None:
                entry.finish = self.now

    def _close_if_over(self, task: TaskRow) -> None:
        for session in list(self.sessions.values()):
            ids = [pair.member for pair in self.receivers.values() if pair.owner == session.id]
            tasks = [self.tasks[task_id] for task_id in ids if task_id in self.tasks]
            if task in tasks and all(one.state not in ACTIVE for one in tasks):
                self.complete_session(session.id)

    def _task_of(self, mac: str) -> TaskRow | None:
        ids = {host.id for host in self.hosts.values() if mac.lower() in host.macs}
        tasks = [task for task in self.tasks.values() if task.host in ids and task.state in ACTIVE]
        return tasks[0] if tasks else None
