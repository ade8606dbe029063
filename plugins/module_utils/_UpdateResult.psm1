# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The result record of one update of a job (docs/device-protocol.md).

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._UpdateError

Set-StrictMode -Version 3.0

function Get-UpdateResult {
    # The result record of one update by result code and HRESULT. Without $StartedAt it was not handed to WUA.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [AllowEmptyString()] [string] $Title = '',
        [Parameter(Mandatory)] [int] $ResultCode,
        [Parameter(Mandatory)] [long] $HResult,
        [bool] $RestartRequired = $false,
        [AllowNull()] [object] $StartedAt = $null
    )

    $result = Resolve-UpdateError -HResult $HResult
    if ($result['error_class'] -eq 'benign') {
        $outcome = 'not_applicable'
    }
    elseif ($result['error_class'] -eq 'wait_for_power') {
        $outcome = 'not_started'
    }
    elseif ($ResultCode -eq 2) {
        $outcome = 'succeeded'
        $result['error_class'] = ''
    }
    else {
        $outcome = 'failed'
        if (-not $result['error_class']) {
            $result['error_class'] = 'transient'
        }
    }
    $result['id'] = $Id
    $result['title'] = $Title
    $result['result_code'] = $ResultCode
    $result['outcome'] = $outcome
    $result['restart_required'] = ($RestartRequired -or $result['hresult'] -eq 2359301)  # WU_S_REBOOT_REQUIRED
    $result['started_at'] = Format-Instant -Value $StartedAt
    $result['finished_at'] = $null
    if ($null -ne $StartedAt) {
        $result['finished_at'] = Format-Instant -Value (Get-DeviceTime)
    }
    $result
}

function Get-RefusedResult {
    # The result record of an update that was not handed to WUA, with the reason in words.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [AllowEmptyString()] [string] $Title = '',
        [Parameter(Mandatory)] [string] $Outcome,
        [AllowEmptyString()] [string] $Class = '',
        [Parameter(Mandatory)] [string] $Reason,
        [long] $HResult = 0
    )

    $result = Resolve-UpdateError -HResult $HResult
    $result['id'] = $Id
    $result['title'] = $Title
    $result['result_code'] = 0
    $result['outcome'] = $Outcome
    $result['error_class'] = $Class
    $result['error_text'] = $Reason
    $result['restart_required'] = $false
    $result['started_at'] = $null
    $result['finished_at'] = $null
    $result
}
