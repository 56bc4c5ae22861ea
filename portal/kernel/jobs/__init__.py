"""Background work: exports, archives, retention. The table `job` is the truth that pages show; huey carries the work.

A room says once what it can do in the background (`JobKind`, `Periodic`, both handed over by `portal/app.py`) and calls
`begin` inside the transaction that asks for it. `portal worker` runs it: see `runner`.
"""

from portal.kernel.jobs.asking import begin
from portal.kernel.jobs.kinds import JobKind, Jobs, Periodic, jobs_here
from portal.kernel.jobs.models import Job, JobState
from portal.kernel.jobs.running import JobStopped, RunningJob

__all__ = ["Job", "JobKind", "JobState", "JobStopped", "Jobs", "Periodic", "RunningJob", "begin", "jobs_here"]
