# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The job that searches: what is missing, what is installed, and how far that can be trusted. It writes scan.json.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._JobProgress
#AnsibleRequires -PowerShell ..module_utils._UpdateError
#AnsibleRequires -PowerShell ..module_utils._UpdateRecord
#AnsibleRequires -PowerShell ..module_utils._VendorPackage
#AnsibleRequires -PowerShell ..module_utils._WindowsUpdate

Set-StrictMode -Version 3.0

function Get-SearchTrust {
    # trusted, degraded or unknown.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)] [int[]] $ResultCode,
        [Parameter(Mandatory)] [int] $WarningCount,
        [Parameter(Mandatory)] [AllowEmptyString()] [string] $Doubt
    )

    foreach ($code in $ResultCode) {
        if ($code -ne 2 -and $code -ne 3) {
            return 'unknown'
        }
    }
    if ($Doubt) {
        return 'unknown'
    }
    if ($WarningCount -gt 0 -or $ResultCode -contains 3) {
        return 'degraded'
    }
    'trusted'
}

function Add-VendorUpdate {
    # Adds to a scan what one more provider finds. A provider that fails costs only its own part: a warning says why, and what
    # it found before stays listed.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string] $Provider,
        [Parameter(Mandatory)] [hashtable] $Scan,
        [AllowNull()] [System.Collections.IDictionary] $Before
    )

    $part = @{ provider = $Provider; version = ''; error = ''; held = @() }
    $lists = @{ missing = @(); installed = @() }
    $warnings = @()
    try {
        $lists = Find-VendorUpdate -Provider $Provider -Path $Path
        $part['version'] = $lists['version']
        $part['held'] = $lists['held']
        $warnings = $lists['warnings']
    }
    catch {
        $part['error'] = "$($_.Exception.Message)"
        $warnings = @("${Provider}: $($part['error'])")
        Write-JobLog -Path $Path -Text $warnings[0]
        if ($null -ne $Before) {
            foreach ($list in 'missing', 'installed') {
                $lists[$list] = @($Before[$list] | Where-Object { $null -ne $_ -and $_['provider'] -eq $Provider })
            }
        }
    }
    foreach ($list in 'missing', 'installed') {
        $Scan[$list] = @($Scan[$list]) + @($lists[$list])
    }
    $Scan['warnings'] = @($Scan['warnings']) + @($warnings)
    if ($warnings.Count -gt 0 -and $Scan['trust'] -eq 'trusted') {
        $Scan['trust'] = 'degraded'
    }
    $Scan['providers'] = @($Scan['providers']) + $part
}

function Invoke-SearchJob {
    # Searches what is missing and what is installed and writes scan.json. After a search that throws, what the last good
    # search saw stays listed, with trust unknown and the error, so that nothing looks patched that is not.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec
    )

    $scanFile = [System.IO.Path]::Combine((Get-DataFolder), 'scan.json')
    $scan = @{
        id = $Spec['id']; result_code = 4; trust = 'unknown'; warnings = @(); error = ''; missing = @(); installed = @()
        providers = @(); source = @{ kind = $Spec['source']; name = ''; server = '' }
    }
    $failure = $null
    $before = Read-JsonFile -Path $scanFile
    try {
        $scan['source'] = Get-UpdateSource -Kind $Spec['source'] -OfflineCab $Spec['offline_cab']
        $searcher = Get-UpdateSearcher -Session (Get-UpdateSession) -Kind $Spec['source'] -OfflineCab $Spec['offline_cab']
        $missing = Find-DeviceUpdate -Searcher $searcher -Criteria 'IsInstalled=0 and IsHidden=0'
        $installed = Find-DeviceUpdate -Searcher $searcher -Criteria 'IsInstalled=1 and IsHidden=0'
        $scan['missing'] = @(foreach ($update in $missing['updates']) { ConvertTo-UpdateRecord -Update $update })
        $scan['installed'] = @(foreach ($update in $installed['updates']) { ConvertTo-UpdateRecord -Update $update })
        $seen = $missing['updates'].Count + $installed['updates'].Count
        $doubt = Get-SearchDoubt -Seen $seen -Bare ($missing['bare'] + $installed['bare'])
        $scan['warnings'] = @(@($missing['warnings']) + @($installed['warnings']) | Select-Object -Unique)
        $codes = @($missing['result_code'], $installed['result_code'])
        $scan['trust'] = Get-SearchTrust -ResultCode $codes -WarningCount $scan['warnings'].Count -Doubt $doubt
        $scan['result_code'] = $codes[0]
        if ($codes[0] -eq 2) {
            $scan['result_code'] = $codes[1]
        }
        if ($doubt) {
            $scan['warnings'] = @($scan['warnings']) + $doubt
        }
    }
    catch {
        $known = Resolve-UpdateError -HResult (Get-ExceptionHResult -Exception $_.Exception)
        $failure = (@($known['hresult_hex'], $known['error_name'], $known['error_text']) | Where-Object { $_ }) -join ' '
        Write-JobLog -Path $Path -Text "search failed: $failure; $($_.Exception.Message)"
        $scan['error'] = $failure
        if ($null -ne $before) {
            foreach ($list in 'missing', 'installed') {
                $scan[$list] = @($before[$list] | Where-Object { $null -ne $_ -and $_['provider'] -eq 'windows_update' })
            }
        }
    }
    foreach ($provider in $Spec['providers']) {
        if ($provider -ne 'windows_update') {
            Add-VendorUpdate -Path $Path -Provider $provider -Scan $scan -Before $before
        }
    }
    $scan['finished_at'] = Format-Instant -Value (Get-DeviceTime)
    Write-JsonFile -Path $scanFile -Value $scan
    if ($failure) {
        throw "The search failed: $failure"
    }
}
