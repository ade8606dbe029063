# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# What a device tells at a contact (docs/device-protocol.md): what it is, its last search, its jobs, its restarts.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._DeviceState
#AnsibleRequires -PowerShell ..module_utils._JobRecord
#AnsibleRequires -PowerShell ..module_utils._ScheduledRestart

Set-StrictMode -Version 3.0

function Get-UpdateServiceStart {
    # How the Windows Update service starts: automatic, manual, disabled, or missing.
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $service = Get-Service -Name wuauserv -ErrorAction SilentlyContinue
    if ($null -eq $service) {
        return 'missing'
    }
    "$($service.StartType)".ToLowerInvariant()
}

function Remove-AcknowledgedJob {
    # Removes the files of the acknowledged jobs that are not running. Returns whether there was one, and warnings.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [AllowNull()] [object] $Id,
        [Parameter(Mandatory)] [bool] $CheckMode
    )

    $removed = $false
    $warnings = @()
    foreach ($one in $Id) {
        $known = (Test-JobIdentifier -Id $one) -and [System.IO.Directory]::Exists((Get-JobFolder -Id $one))
        if ($known -and (Get-JobRecord -Id $one)['state'] -ne 'running') {
            $removed = $true
            if (-not $CheckMode) {
                $lock = Enter-JobLock
                try {
                    Remove-DeviceJob -Id $one
                }
                catch {
                    $warnings += "Job $one is acknowledged, but its files could not be removed: $($_.Exception.Message)"
                }
                finally {
                    $lock.Dispose()
                }
            }
        }
    }
    @{ removed = $removed; warnings = $warnings }
}

function ConvertTo-ScanRecord {
    # The protocol's `scan` of what scan.json holds.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [AllowNull()] [System.Collections.IDictionary] $Scan,
        [Parameter(Mandatory)] [bool] $Running
    )

    if ($null -eq $Scan) {
        return @{
            id = ''; finished_at = $null; age_seconds = $null; result_code = 0; trust = 'unknown'; warnings = @()
            source = @{ kind = ''; name = ''; server = '' }; providers = @(); running = $Running; error = ''
        }
    }
    $trust = $Scan['trust']
    $warnings = @($Scan['warnings'])
    $start = Get-UpdateServiceStart
    if ($start -eq 'disabled' -or $start -eq 'missing') {
        $trust = 'unknown'
        $warnings += "The Windows Update service is $start"
    }
    $age = ((Get-DeviceTime) - (ConvertTo-Instant -Text $Scan['finished_at'])).TotalSeconds
    @{
        id = $Scan['id']
        finished_at = $Scan['finished_at']
        age_seconds = [int][math]::Max(0, [math]::Min($age, [int]::MaxValue))
        result_code = $Scan['result_code']
        trust = $trust
        warnings = $warnings
        source = $Scan['source']
        providers = @(foreach ($part in $Scan['providers']) { if ($null -ne $part) { $part } })
        running = $Running
        error = $Scan['error']
    }
}

function Get-DeviceReport {
    # All that a device tells, as the modules return it, and warnings. The updates are left out when the caller has that scan.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [AllowEmptyString()] [string] $KnownScan = '',
        [Parameter(Mandatory)] [bool] $Installed
    )

    $scan = Get-ScanFile
    $jobs = @(Get-DeviceJob)
    $searching = @($jobs | Where-Object { $_['kind'] -eq 'scan' -and $_['state'] -eq 'running' }).Count -gt 0
    $device = Get-DeviceRecord
    $pending = Get-PendingRestart
    $record = @{
        device = $device
        scan = ConvertTo-ScanRecord -Scan $scan -Running $searching
        pending_restart = $pending['record']
        restart = Get-ScheduledRestart -BootTime $device['boot_time']
        jobs = $jobs
        started_job = ''
        time = Format-Instant -Value (Get-DeviceTime)
        unchanged = $null -ne $scan -and $scan['id'] -eq $KnownScan
    }
    if (-not $record['unchanged']) {
        $record['missing'] = @()
        $listed = @()
        if ($null -ne $scan) {
            $record['missing'] = @($scan['missing'])
            $listed = @($scan['installed'])
        }
        if ($Installed) {
            $record['installed'] = $listed
        }
    }
    $warnings = @()
    if ($pending['warning']) {
        $warnings += $pending['warning']
    }
    @{ record = $record; warnings = $warnings }
}
