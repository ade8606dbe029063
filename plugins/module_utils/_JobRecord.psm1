# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The jobs in Nightshift's folder on a device, as they are read and removed. Most modules only look, so how a job
# is started stands elsewhere (_DeviceJob) and is not sent along.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._JobTask

Set-StrictMode -Version 3.0

function Get-JobFolder {
    # The folder of a job, or of all jobs.
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowEmptyString()] [string] $Id = '')

    [System.IO.Path]::Combine((Get-DataFolder), 'jobs', $Id)
}

function Test-JobIdentifier {
    # Whether a text can be the id of a job: it becomes the name of a folder and of a task.
    [CmdletBinding()]
    [OutputType([bool])]
    param([AllowEmptyString()] [string] $Id)

    $Id -match '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$'
}

function Enter-JobLock {
    # The lock under which a job is claimed: an open file that nobody else can open. It goes when the process goes.
    [CmdletBinding()]
    param()

    $path = [System.IO.Path]::Combine((Get-DataFolder), 'lock')
    foreach ($attempt in 1..60) {
        try {
            return New-Object -TypeName System.IO.FileStream -ArgumentList @(
                $path, [System.IO.FileMode]::OpenOrCreate, [System.IO.FileAccess]::ReadWrite, [System.IO.FileShare]::None)
        }
        catch {
            if ($attempt -eq 60) {
                throw "$path has been held by another process for 30 seconds; try again"
            }
            Start-Sleep -Milliseconds 500
        }
    }
}

function Get-CutResult {
    # The result record of an update that a job which died had not ended: no code, only the reason in words.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [AllowEmptyString()] [string] $Title = '',
        [Parameter(Mandatory)] [string] $Outcome,
        [Parameter(Mandatory)] [string] $Reason,
        [AllowNull()] [object] $StartedAt = $null
    )

    @{
        id = $Id
        title = $Title
        result_code = 0
        outcome = $Outcome
        hresult = 0
        hresult_hex = '0x00000000'
        error_name = ''
        error_text = $Reason
        error_class = ''
        restart_required = $false
        started_at = $StartedAt
        finished_at = $null
    }
}

function Get-EndedResult {
    # The results of a job that died: what had ended stands, what had begun is interrupted, the rest was not started.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Progress,
        [Parameter(Mandatory)] [AllowEmptyCollection()] [object[]] $Updates
    )

    $ended = @{}
    foreach ($result in $Progress['results']) {
        $ended[$result['id']] = $result
    }
    foreach ($id in $Updates) {
        if ($ended.ContainsKey($id)) {
            $ended[$id]
        }
        elseif ($id -eq $Progress['current']) {
            Get-CutResult -Id $id -Title "$($Progress['current_title'])" -Outcome interrupted `
                -Reason 'The job ended in the middle of it' -StartedAt $Progress['current_started_at']
        }
        else {
            Get-CutResult -Id $id -Outcome not_started -Reason 'The job ended before it'
        }
    }
}

function Get-JobRecord {
    # The job record of docs/device-protocol.md for one job folder. No file of it needs to be whole.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [string] $Id)

    $path = Get-JobFolder -Id $Id
    $resultFile = [System.IO.Path]::Combine($path, 'result.json')
    $spec = Read-JsonFile -Path ([System.IO.Path]::Combine($path, 'spec.json'))
    $unreadable = ''
    if ($null -eq $spec) {
        # What it was about is lost with the file; it may have changed the device.
        $unreadable = 'spec.json is missing or cut off'
        $spec = @{ kind = 'install'; updates = @(); started_at = $null; deadline = $null }
    }
    $end = Read-JsonFile -Path $resultFile
    $alive = $false
    if ($null -eq $end) {
        $alive = Test-JobTask -Id $Id
        if (-not $alive) {
            $end = Read-JsonFile -Path $resultFile  # it may have ended between the two looks
        }
    }
    $progress = Read-JsonFile -Path ([System.IO.Path]::Combine($path, 'progress.json'))
    if ($null -eq $progress) {
        $progress = @{ current = ''; current_title = ''; current_started_at = $null; results = @() }
    }
    $updates = @($spec['updates'])
    $record = @{
        id = $Id
        kind = $spec['kind']
        updates = $updates
        started_at = $spec['started_at']
        deadline = $spec['deadline']
        finished_at = $null
        error = $unreadable
        progress = @{ done = @($progress['results']).Count; total = $updates.Count; current = "$($progress['current'])" }
        results = @($progress['results'])
    }
    if ($null -ne $end) {
        $record['state'] = $end['state']
        $record['finished_at'] = $end['finished_at']
        $record['results'] = @($end['results'])
        $record['error'] = "$($end['error'])"
        $record['progress'] = @{ done = $record['results'].Count; total = $updates.Count; current = '' }
    }
    elseif ($alive) {
        $record['state'] = 'running'
    }
    else {
        $record['state'] = 'interrupted'
        $record['results'] = @(Get-EndedResult -Progress $progress -Updates $updates)
        if (-not $unreadable) {
            $record['error'] = 'The job is gone without a result: a power loss, a restart, or its time limit'
        }
    }
    $record
}

function Get-DeviceJob {
    # The records of all jobs on the device, oldest first.
    [CmdletBinding()]
    param()

    $folder = Get-JobFolder
    if (-not [System.IO.Directory]::Exists($folder)) {
        return
    }
    $records = @(
        foreach ($path in [System.IO.Directory]::GetDirectories($folder)) {
            $id = [System.IO.Path]::GetFileName($path)
            if (Test-JobIdentifier -Id $id) {
                $record = Get-JobRecord -Id $id
                if ([System.IO.Directory]::Exists($path)) {
                    $record
                }
            }
        }
    )
    $records | Sort-Object -Property { "$($_['started_at'])" }, { $_['id'] }
}

function Remove-DeviceJob {
    # Removes a job's folder and task. The folder first takes a name that no job has, so that it goes as a whole.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Id)

    Remove-JobTask -Id $Id
    $rest = Get-JobFolder -Id ('rest.{0}' -f [guid]::NewGuid().ToString('N'))
    [System.IO.Directory]::Move((Get-JobFolder -Id $Id), $rest)
    [System.IO.Directory]::Delete($rest, $true)
}

function Get-ScanFile {
    # The last finished search (scan.json) as a hashtable, or $null.
    [CmdletBinding()]
    param()

    Read-JsonFile -Path ([System.IO.Path]::Combine((Get-DataFolder), 'scan.json'))
}
