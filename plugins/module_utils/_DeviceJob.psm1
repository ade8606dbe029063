# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The folder of Nightshift on a device: jobs are read from it, claimed in it and removed from it.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._JobRunner
#AnsibleRequires -PowerShell ..module_utils._JobTask
#AnsibleRequires -PowerShell ..module_utils._UpdateResult

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

function Get-FunctionSource {
    # The whole text of the file in which a function was written. Ansible keeps no file of a module_util on the device, in
    # any version; but a function's syntax tree always knows the script that it was parsed from.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [string] $Name)

    (Get-Command -Name $Name -CommandType Function).ScriptBlock.Ast.Extent.StartScriptPosition.GetFullScript()
}

function Get-JobScript {
    # The text that the task runs: the files that such a job needs, one after the other, and the call. One function of each file;
    # the module that starts the job has asked for them all.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [string] $Kind)

    $named = @(
        'Read-JsonFile', 'Resolve-UpdateError', 'Get-UpdateSession', 'ConvertTo-UpdateRecord', 'Remove-JobTask', 'Write-JobLog'
        'Invoke-DeviceJob', 'Get-UpdateResult', 'Invoke-VendorProcess', 'Get-WingetPackage', 'Get-ChocolateyPackage'
        'Find-VendorUpdate'
    )
    if ($Kind -eq 'scan') {
        $named += @('Invoke-SearchJob')
        $work = 'Invoke-SearchJob -Path $JobPath -Spec $Spec'
    }
    else {
        $named += @('Invoke-ChangeJob')
        $work = 'Invoke-ChangeJob -Path $JobPath -Spec $Spec -Progress $Progress'
    }
    $parts = New-Object -TypeName System.Collections.ArrayList
    [void]$parts.Add('param([string] $JobPath)')
    [void]$parts.Add('$ErrorActionPreference = ''Stop''')
    foreach ($name in $named) {
        [void]$parts.Add((Get-FunctionSource -Name $name))
    }
    [void]$parts.Add("Invoke-DeviceJob -Path `$JobPath -Work { param(`$Spec, `$Progress) $work }")
    $parts -join "`r`n"
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
            $reason = 'The job ended in the middle of it'
            $result = Get-RefusedResult -Id $id -Title "$($Progress['current_title'])" -Outcome interrupted -Reason $reason
            $result['started_at'] = $Progress['current_started_at']
            $result
        }
        else {
            Get-RefusedResult -Id $id -Outcome not_started -Reason 'The job ended before it'
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

function Start-DeviceJob {
    # Claims a job and starts its task; $false when that id exists already. The folder is made under a temporary name and
    # moved to its own: Directory.Move fails where the target exists, so that move is the claim, and a folder with a job's
    # name always has its whole spec. Call it with the lock held. Nothing is left behind when the task cannot be started.
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory)] [System.Collections.IDictionary] $Spec)

    $path = Get-JobFolder -Id $Spec['id']
    foreach ($left in [System.IO.Directory]::GetDirectories((Get-JobFolder))) {
        if (-not (Test-JobIdentifier -Id ([System.IO.Path]::GetFileName($left)))) {
            [System.IO.Directory]::Delete($left, $true)  # what a module that was cut off left behind
        }
    }
    $draft = Get-JobFolder -Id ('draft.{0}' -f [guid]::NewGuid().ToString('N'))
    [void][System.IO.Directory]::CreateDirectory($draft)
    Write-JsonFile -Path ([System.IO.Path]::Combine($draft, 'spec.json')) -Value $Spec
    Write-DeviceFile -Path ([System.IO.Path]::Combine($draft, 'job.ps1')) -Text (Get-JobScript -Kind $Spec['kind'])
    try {
        [System.IO.Directory]::Move($draft, $path)
    }
    catch {
        [System.IO.Directory]::Delete($draft, $true)
        if ([System.IO.Directory]::Exists($path)) {
            return $false
        }
        throw
    }
    $limit = 'PT12H'
    if ($Spec['kind'] -eq 'scan') {
        $limit = 'PT2H'
    }
    try {
        Start-JobTask -Id $Spec['id'] -Path $path -TimeLimit $limit
    }
    catch {
        $problem = $_.Exception.Message
        Remove-DeviceJob -Id $Spec['id']
        throw "The scheduled task of job $($Spec['id']) could not be started: $problem"
    }
    $true
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

function Wait-Moment {
    # Lets some seconds pass.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [int] $Seconds)

    Start-Sleep -Seconds $Seconds
}

function Wait-DeviceJob {
    # Waits until a job has ended, at most so many seconds.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [int] $Seconds
    )

    $until = (Get-DeviceTime).AddSeconds($Seconds)
    while ((Get-DeviceTime) -lt $until) {
        if ((Get-JobRecord -Id $Id)['state'] -ne 'running') {
            return
        }
        Wait-Moment -Seconds 2
    }
}

function Get-ScanFile {
    # The last finished search (scan.json) as a hashtable, or $null.
    [CmdletBinding()]
    param()

    Read-JsonFile -Path ([System.IO.Path]::Combine((Get-DataFolder), 'scan.json'))
}
