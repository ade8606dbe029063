#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._DataFolder
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._DeviceJob
#AnsibleRequires -PowerShell ..module_utils._DeviceReport
#AnsibleRequires -PowerShell ..module_utils._JobRecord
#AnsibleRequires -PowerShell ..module_utils._SearchJob
#AnsibleRequires -PowerShell ..module_utils._Software
#AnsibleRequires -PowerShell ..module_utils._WindowsUpdate

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        acknowledge = @{ type = 'list'; elements = 'str' }
        installed = @{ type = 'bool'; default = $true }
        job_id = @{ type = 'str' }
        known_scan = @{ type = 'str' }
        known_software = @{ type = 'str' }
        max_age = @{ type = 'int'; default = 86400 }
        offline_cab = @{ type = 'path' }
        providers = @{
            type = 'list'
            elements = 'str'
            choices = 'windows_update', 'winget', 'chocolatey'
            default = @('windows_update')
        }
        search = @{ type = 'str'; choices = 'if_older', 'never'; default = 'if_older' }
        software = @{ type = 'bool'; default = $false }
        source = @{
            type = 'str'
            choices = 'default', 'managed_server', 'windows_update', 'microsoft_update', 'offline'
            default = 'default'
        }
        wait = @{ type = 'bool'; default = $false }
        wait_timeout = @{ type = 'int'; default = 1800 }
    }
    required_if = @(
        , @('source', 'offline', @('offline_cab'))
    )
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

function Test-SearchDue {
    # Whether the last search is missing, too old, from a future that a corrected clock took back, or did not ask a provider.
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [AllowNull()] [System.Collections.IDictionary] $Scan,
        [Parameter(Mandatory)] [int] $MaxAge,
        [Parameter(Mandatory)] [string[]] $Provider
    )

    if ($null -eq $Scan -or $MaxAge -le 0) {
        return $true
    }
    $asked = @('windows_update') + @(foreach ($part in $Scan['providers']) { if ($null -ne $part) { $part['provider'] } })
    if (@($Provider | Where-Object { $asked -notcontains $_ }).Count -gt 0) {
        return $true
    }
    $age = ((Get-DeviceTime) - (ConvertTo-Instant -Text $Scan['finished_at'])).TotalSeconds
    $age -gt $MaxAge -or $age -lt -60
}

function Start-Search {
    # Starts a search job; "" where a job is in the way or its id was used before.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [System.Collections.IDictionary] $Option)

    Initialize-DataFolder
    $lock = Enter-JobLock
    try {
        $running = @(Get-DeviceJob | Where-Object { $_['state'] -eq 'running' })
        if ($running.Count -gt 0) {
            return ''
        }
        $job = @{
            id = $Option['job_id']
            kind = 'scan'
            updates = @()
            started_at = Format-Instant -Value (Get-DeviceTime)
            deadline = $null
            providers = @($Option['providers'])
            source = $Option['source']
            offline_cab = "$($Option['offline_cab'])"
        }
        if (Start-DeviceJob -Spec $job) {
            return $job['id']
        }
        ''
    }
    finally {
        $lock.Dispose()
    }
}

$jobId = $module.Params.job_id
if (-not $jobId) {
    $jobId = [guid]::NewGuid().ToString()
}
if (-not (Test-JobIdentifier -Id $jobId)) {
    $module.FailJson("job_id: '$jobId' cannot name a job; use up to 64 letters, digits, '-' and '_', beginning with a letter or digit")
}

$settled = Remove-AcknowledgedJob -Id $module.Params.acknowledge -CheckMode $module.CheckMode
$changed = $settled['removed']
$scan = Get-ScanFile
$jobs = @(Get-DeviceJob)
$started = ''
$due = Test-SearchDue -Scan $scan -MaxAge $module.Params.max_age -Provider $module.Params.providers
if ($module.Params.search -eq 'if_older' -and $due) {
    $running = @($jobs | Where-Object { $_['state'] -eq 'running' })
    if ($running.Count -eq 0) {
        if ($module.CheckMode) {
            $changed = $true
        }
        else {
            $started = Start-Search -Option @{
                job_id = $jobId
                providers = $module.Params.providers
                source = $module.Params.source
                offline_cab = $module.Params.offline_cab
            }
            $changed = $changed -or [bool]$started
        }
    }
}
if ($module.Params.wait) {
    foreach ($search in @(Get-DeviceJob | Where-Object { $_['kind'] -eq 'scan' -and $_['state'] -eq 'running' })) {
        Wait-DeviceJob -Id $search['id'] -Seconds $module.Params.wait_timeout
    }
}

$told = Get-DeviceReport -KnownScan "$($module.Params.known_scan)" -Installed $module.Params.installed
foreach ($warning in @($settled['warnings']) + @($told['warnings'])) {
    $module.Warn($warning)
}
foreach ($name in @($told['record'].Keys)) {
    $module.Result[$name] = $told['record'][$name]
}
$module.Result.changed = $changed
$module.Result.started_job = $started
if ($module.Params.software) {
    $module.Result.software = Get-InstalledSoftware -KnownDigest $module.Params.known_software
}
$module.ExitJson()
