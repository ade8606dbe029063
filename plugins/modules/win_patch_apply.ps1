#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._ChangeJob
#AnsibleRequires -PowerShell ..module_utils._DataFolder
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._DeviceJob

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        accept_eula = @{ type = 'bool'; default = $true }
        deadline = @{ type = 'str' }
        expected_minutes = @{ type = 'int'; default = 0 }
        job_id = @{ type = 'str' }
        offline_cab = @{ type = 'path' }
        source = @{
            type = 'str'
            choices = 'default', 'managed_server', 'windows_update', 'microsoft_update', 'offline'
            default = 'default'
        }
        state = @{ type = 'str'; choices = 'installed', 'downloaded', 'absent'; default = 'installed' }
        updates = @{ type = 'list'; elements = 'str'; required = $true }
    }
    required_if = @(
        , @('source', 'offline', @('offline_cab'))
    )
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

function Get-UpdateKnowledge {
    # What is known of each update: id -> @{ installed; downloaded }. The last search, and above it what finished jobs that are
    # still on the device have done since.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [AllowNull()] [System.Collections.IDictionary] $Scan,
        [Parameter(Mandatory)] [AllowEmptyCollection()] [object[]] $Job
    )

    $known = @{}
    if ($null -eq $Scan) {
        return $known
    }
    foreach ($update in $Scan['missing']) {
        $known[$update['id']] = @{ installed = $false; downloaded = [bool]$update['downloaded'] }
    }
    foreach ($update in $Scan['installed']) {
        $known[$update['id']] = @{ installed = $true; downloaded = $true }
    }
    foreach ($one in $Job) {
        if ("$($one['finished_at'])" -gt $Scan['finished_at']) {
            foreach ($result in $one['results']) {
                if ($result['outcome'] -eq 'succeeded' -and $known.ContainsKey($result['id'])) {
                    switch ($one['kind']) {
                        'install' { $known[$result['id']] = @{ installed = $true; downloaded = $true } }
                        'download' { $known[$result['id']]['downloaded'] = $true }
                        'uninstall' { $known[$result['id']] = @{ installed = $false; downloaded = $false } }
                    }
                }
            }
        }
    }
    $known
}

function Get-UpdateAction {
    # already, unknown or start.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)] [string] $State,
        [AllowNull()] [System.Collections.IDictionary] $Known
    )

    if ($null -eq $Known) {
        return 'unknown'
    }
    $asAsked = $Known['installed']
    if ($State -eq 'downloaded') {
        $asAsked = $Known['downloaded']
    }
    if ($State -eq 'absent') {
        $asAsked = -not $Known['installed']
    }
    if ($asAsked) {
        return 'already'
    }
    'start'
}

function Complete-Module {
    # Ends the module. $Started: the ids that a job was started for; the others that need one would be.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [bool] $Changed,
        [Parameter(Mandatory)] [bool] $Busy,
        [AllowNull()] [object] $Job,
        [System.Collections.IDictionary] $Action,
        [Parameter(Mandatory)] [AllowEmptyCollection()] [object[]] $Updates,
        [Parameter(Mandatory)] [AllowEmptyCollection()] [object[]] $Started,
        [Parameter(Mandatory)] [string] $Message
    )

    $module.Result.changed = $Changed
    $module.Result.busy = $Busy
    $module.Result.job = $Job
    $module.Result.updates = @(
        foreach ($id in $Updates) {
            $word = $Action[$id]
            if ($Started -contains $id) {
                $word = 'started'
            }
            elseif ($word -eq 'start') {
                $word = 'would_start'
            }
            @{ id = $id; action = $word }
        }
    )
    $module.Result.msg = $Message
    $module.ExitJson()
}

$updates = @($module.Params.updates | Select-Object -Unique)
$jobId = $module.Params.job_id
if (-not $jobId) {
    $jobId = [guid]::NewGuid().ToString()
}
if (-not (Test-JobIdentifier -Id $jobId)) {
    $module.FailJson("job_id: '$jobId' cannot name a job; use up to 64 letters, digits, '-' and '_', beginning with a letter or digit")
}
try {
    $deadline = Format-Instant -Value (ConvertTo-Instant -Text $module.Params.deadline)
}
catch {
    $module.FailJson("deadline: $($_.Exception.Message)")
}
if ($updates.Count -eq 0) {
    $nothing = @{ Changed = $false; Busy = $false; Job = $null; Action = @{}; Updates = @(); Started = @() }
    Complete-Module @nothing -Message 'No updates were asked for, so nothing changes'
}

$kind = 'install'
switch ($module.Params.state) {
    'downloaded' { $kind = 'download' }
    'absent' { $kind = 'uninstall' }
}
if (-not $module.CheckMode) {
    Initialize-DataFolder
    $lock = Enter-JobLock
}
try {
    $jobs = @(Get-DeviceJob)
    $known = Get-UpdateKnowledge -Scan (Get-ScanFile) -Job $jobs
    $action = @{}
    foreach ($id in $updates) {
        $action[$id] = Get-UpdateAction -State $module.Params.state -Known $known[$id]
    }
    $wanted = @($updates | Where-Object { $action[$_] -eq 'start' })
    $existing = @($jobs | Where-Object { $_['id'] -eq $jobId })
    $changing = @($jobs | Where-Object { $_['kind'] -ne 'scan' -and $_['state'] -eq 'running' })
    $end = @{ Changed = $false; Busy = $false; Job = $null; Action = $action; Updates = $updates; Started = @() }
    if ($existing.Count -gt 0) {
        $end['Job'] = $existing[0]
        $end['Started'] = @($existing[0]['updates'])
        $end['Message'] = "Job $jobId exists already and is not started again"
    }
    elseif ($changing.Count -gt 0) {
        $end['Busy'] = $true
        $end['Job'] = $changing[0]
        $end['Message'] = "Job $($changing[0]['id']) is running, so nothing was started"
    }
    elseif ($wanted.Count -eq 0) {
        $end['Message'] = 'Nothing is to be done: every update is as asked, or unknown to the last search'
    }
    elseif ($module.CheckMode) {
        $end['Changed'] = $true
        $end['Message'] = "A job would be started for $($wanted.Count) of $($updates.Count) updates"
    }
    else {
        $job = @{
            id = $jobId
            kind = $kind
            updates = $wanted
            started_at = Format-Instant -Value (Get-DeviceTime)
            deadline = $deadline
            expected_minutes = $module.Params.expected_minutes
            source = $module.Params.source
            offline_cab = "$($module.Params.offline_cab)"
            accept_eula = $module.Params.accept_eula
        }
        [void](Start-DeviceJob -Spec $job)
        $end['Changed'] = $true
        $end['Job'] = Get-JobRecord -Id $jobId
        $end['Started'] = $wanted
        $end['Message'] = "Job $jobId was started for $($wanted.Count) of $($updates.Count) updates"
    }
}
finally {
    if (-not $module.CheckMode) {
        $lock.Dispose()
    }
}
Complete-Module @end
