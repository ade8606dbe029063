# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is launched: by people, by a PC that calls back, and node by node in a workflow that may wait for approval."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .answers import url_of
from .demands import variables_of
from .permissions import need
from .prompts import OTHER_ASKS, PROMPTS, needs_answers, rejected, survey_faults, survey_of, template_variables
from .store import Job, Refused, Row, Store

Runner = Callable[[Job, Row], bool]  # the job and its template; whether it succeeds
_DONE = {True: "successful", False: "failed"}


def _succeed(_job: Job, _template: Row) -> bool:
    return True


@dataclass(slots=True)
class Launcher:
    """Launches in one store. ``run`` does what the job says; without one, jobs succeed and nothing happens."""

    store: Store
    run: Runner = field(default=_succeed)

    def launch(self, user: str, kind: str, row: Row, data: Mapping[str, Any]) -> tuple[Job, list[str]]:
        """Launch a template by hand; return the job and what of the request was passed over. Raises Refused."""
        need(self.store, user, "execute", kind, row["id"])
        try:
            given = variables_of(data.get("extra_vars") or {})
        except ValueError as wrong:
            raise Refused(400, {"extra_vars": [str(wrong)]}) from None
        survey = survey_of(self.store, kind, row)
        faults = survey_faults(survey, given)
        if faults:
            raise Refused(400, {"variables_needed_to_start": faults})
        ignored = rejected(survey, row, given)
        ignored += [name for name, ask in PROMPTS.items() if name in data and not row.get(ask, False)]
        taken = {name: value for name, value in given.items() if name not in ignored}
        limit = str(data.get("limit") or "") if row.get("ask_limit_on_launch") else ""
        return self._begin(kind, row, "manual", user, taken, limit), ignored

    def call_back(self, row: Row, key: str, address: str, extra_vars: Any) -> Job:
        """Launch a template for the PC that calls from ``address`` (AWX's provisioning callback). Raises Refused."""
        if not row["host_config_key"] or not hmac.compare_digest(row["host_config_key"].encode(), key.encode()):
            raise Refused(403, {"detail": "You do not have permission to perform this action."})
        hosts = [
            host
            for host in self.store.rows["hosts"].values()
            if host["inventory"] == row["inventory"] and _address(host) == address
        ]
        if len(hosts) != 1:
            raise Refused(
                400, {"msg": "Multiple hosts matched the request!" if hosts else "No matching host could be found!"}
            )
        asked = extra_vars is None and any(row.get(ask) for ask in (*PROMPTS.values(), *OTHER_ASKS))
        survey = survey_of(self.store, "job_templates", row)
        if asked or (needs_answers(survey) and survey_faults(survey, extra_vars or {})):
            raise Refused(400, {"msg": "Cannot start automatically, user input required!"})
        name = hosts[0]["name"]
        waiting = [j for j in self.store.jobs.values() if (j.template, j.limit) == (row["id"], name)]
        if any(job.status in ("pending", "waiting", "running") for job in waiting):
            raise Refused(400, {"msg": "Host callback job already pending."})
        taken = dict(extra_vars or {}) if row["ask_variables_on_launch"] else {}
        return self._begin("job_templates", row, "callback", "", taken, name)

    def answer(self, user: str, asking: int, *, approve: bool) -> None:
        """Approve or deny what waits for it. Raises Refused."""
        job = self.store.jobs.get(asking)
        if job is None or job.kind != "workflow_approval":
            raise Refused(404, {"detail": "Not found."})
        workflow = self.store.jobs[job.template]
        need(self.store, user, "approval", "workflow_job_templates", workflow.template)
        if job.status != "pending":
            raise Refused(400, {"error": "This workflow step has already been approved or denied."})
        job.status, job.by = _DONE[approve], user
        node = next(number for number, one in workflow.asks.items() if one == asking)
        self._ended(workflow, node, succeeded=approve)

    def _begin(self, kind: str, row: Row, how: str, by: str, given: Row, limit: str) -> Job:
        store = self.store
        one = "job" if kind == "job_templates" else "workflow_job"
        job = Job(
            store.number("jobs"), one, row["id"], row["name"], how, by, {**template_variables(row), **given}, limit
        )
        store.jobs[job.id] = job
        if one == "job":
            job.limit = limit or row["limit"]
            job.status = "running"
            job.status = _DONE[self.run(job, row)]
        else:
            job.status = "running"
            for node in self._roots(row["id"]):
                self._enter(job, node)
            self._settle(job)
        return job

    def _roots(self, workflow: int) -> list[int]:
        nodes = self._nodes(workflow)
        led = {child for node in nodes for what in ("success", "failure", "always") for child in self._next(node, what)}
        return [node for node in nodes if node not in led]

    def _nodes(self, workflow: int) -> list[int]:
        rows = self.store.rows["workflow_job_template_nodes"].values()
        return [row["id"] for row in rows if row["workflow_job_template"] == workflow]

    def _next(self, node: int, what: str) -> list[int]:
        return self.store.linked("workflow_job_template_nodes", node, f"{what}_nodes")

    def _enter(self, workflow: Job, node: int) -> None:
        row = self.store.rows["workflow_job_template_nodes"][node]
        found = self.store.unified(row["unified_job_template"])
        if found is None:
            raise Refused(400, {"errors": ["a node of the workflow has no template"]})
        kind, template = found
        if kind == "workflow_approval_templates":
            number = self.store.number("jobs")
            name = template["name"]
            self.store.jobs[number] = Job(number, "workflow_approval", workflow.id, name, "workflow", "", {})
            workflow.asks[node], workflow.nodes[node] = number, "pending"
            return
        survey = survey_of(self.store, kind, template)
        left = rejected(survey, template, workflow.extra_vars)
        given = {n: v for n, v in workflow.extra_vars.items() if n not in left} | dict(row["extra_data"] or {})
        limit = row["limit"] or ""
        job = self._begin(kind, template, "workflow", workflow.by, given, limit)
        self._ended(workflow, node, succeeded=job.status == "successful")

    def _ended(self, workflow: Job, node: int, *, succeeded: bool) -> None:
        workflow.nodes[node] = _DONE[succeeded]
        for following in (*self._next(node, "success" if succeeded else "failure"), *self._next(node, "always")):
            if following not in workflow.nodes:
                self._enter(workflow, following)
        self._settle(workflow)

    def _settle(self, workflow: Job) -> None:
        """End a workflow in which nothing waits: it failed where a node failed and nothing followed."""
        if "pending" in workflow.nodes.values():
            return
        lost = [
            node
            for node, status in workflow.nodes.items()
            if status == "failed" and not self._next(node, "failure") and not self._next(node, "always")
        ]
        workflow.status = _DONE[not lost]


def _address(host: Row) -> str:
    variables = variables_of(host["variables"] or "")
    return str(variables.get("ansible_host") or host["name"])


def job_shown(job: Job) -> Row:
    """Return a job as an answer has it."""
    kind = {"job": "jobs", "workflow_job": "workflow_jobs", "workflow_approval": "workflow_approvals"}[job.kind]
    url = url_of(kind, job.id)
    over = job.status in ("successful", "failed", "canceled")
    return {
        "id": job.id,
        "type": job.kind,
        "url": url,
        "related": {"workflow_nodes": f"{url}workflow_nodes/"} if job.kind == "workflow_job" else {},
        "summary_fields": {},
        "name": job.name,
        "launch_type": job.launch_type,
        "status": job.status,
        "failed": job.status == "failed",
        "finished": "2026-01-01T00:00:00Z" if over else None,
        "started": None,
        "elapsed": 0.0,
        "limit": job.limit,
        "event_processing_finished": over,
        "artifacts": {},
    }
