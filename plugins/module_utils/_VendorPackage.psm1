# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# Packages of other vendors: what a provider finds, as update records, and one act on one package, as a result record.
# An id is provider:package@version, for an attempt at one version says nothing about the next; people decide about
# provider:package, which stands in place of a KB.

#AnsibleRequires -PowerShell ..module_utils._Chocolatey
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._UpdateError
#AnsibleRequires -PowerShell ..module_utils._UpdateResult
#AnsibleRequires -PowerShell ..module_utils._Winget

Set-StrictMode -Version 3.0

function Split-VendorIdentifier {
    # provider, package and version of such an id; $null for any other.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Id)

    $parts = [regex]::Match($Id, '^(?<provider>winget|chocolatey):(?<package>[A-Za-z0-9][A-Za-z0-9.+_-]*)@(?<version>\S+)$')
    if ($parts.Success) {
        @{
            provider = $parts.Groups['provider'].Value
            package = $parts.Groups['package'].Value
            version = $parts.Groups['version'].Value
        }
    }
}

function ConvertTo-VendorRecord {
    # One package as the update record of docs/device-protocol.md. $Version: that which is offered, or which is installed.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Provider,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Package,
        [Parameter(Mandatory)] [string] $Version
    )

    @{
        id = '{0}:{1}@{2}' -f $Provider, $Package['id'], ($Version -replace '\s+', '_')
        revision = 0
        provider = $Provider
        title = '{0} {1}' -f $Package['name'], $Version
        kbs = @('{0}:{1}' -f $Provider, $Package['id'])
        severity = ''
        categories = @()
        cves = @()
        size = 0
        downloaded = $false
        restart = 'can_request'
        can_request_user_input = $false
        supersedes = @()
        released = $null
        uninstallable = $true
        vendor = $Package['vendor']
        product = $Package['product']
        installed_version = $Package['installed']
        available_version = $Package['available']
    }
}

function Find-VendorUpdate {
    # What one provider finds: version (its own), missing and installed (update records), held (provider:package of what is
    # pinned although newer versions are there), warnings. Throws, in words, when it cannot tell. $Path: a folder for its files.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Provider,
        [Parameter(Mandatory)] [string] $Path
    )

    if ($Provider -eq 'winget') {
        $found = Get-WingetPackage -Path $Path
    }
    else {
        $found = Get-ChocolateyPackage
    }
    $missing = New-Object -TypeName System.Collections.ArrayList
    $installed = New-Object -TypeName System.Collections.ArrayList
    $held = New-Object -TypeName System.Collections.ArrayList
    foreach ($package in $found['packages']) {
        if ($package['installed']) {
            [void]$installed.Add((ConvertTo-VendorRecord -Provider $Provider -Package $package -Version $package['installed']))
        }
        if ($package['pinned']) {
            [void]$held.Add(('{0}:{1}' -f $Provider, $package['id']))
        }
        elseif ($package['available']) {
            [void]$missing.Add((ConvertTo-VendorRecord -Provider $Provider -Package $package -Version $package['available']))
        }
    }
    @{
        version = $found['version']
        missing = $missing.ToArray()
        installed = $installed.ToArray()
        held = $held.ToArray()
        warnings = @($found['warnings'])
    }
}

function Resolve-VendorUpdate {
    # How a wanted id stands now: @{ title; result }, the result $null where there is something to run. $Listing holds what each
    # provider found in this job, so that it is asked once.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [hashtable] $Listing,
        [Parameter(Mandatory)] [string] $Path
    )

    $wanted = Split-VendorIdentifier -Id $Id
    $provider = $wanted['provider']
    if ($Spec['kind'] -eq 'download') {
        $reason = "$provider does not download ahead of an installation"
        return @{ title = ''; result = Get-RefusedResult -Id $Id -Outcome not_started -Reason $reason }
    }
    if (-not $Listing.ContainsKey($provider)) {
        try {
            $Listing[$provider] = Find-VendorUpdate -Provider $provider -Path $Path
        }
        catch {
            $Listing[$provider] = @{ problem = "$provider could not be asked: $($_.Exception.Message)" }
        }
    }
    $found = $Listing[$provider]
    if ($found.ContainsKey('problem')) {
        $refused = @{ Id = $Id; Outcome = 'not_started'; Class = 'transient'; Reason = $found['problem'] }
        return @{ title = ''; result = Get-RefusedResult @refused }
    }
    $known = @{}
    foreach ($update in $found['missing']) {
        $known[$update['id']] = @{ title = $update['title']; installed = $false }
    }
    foreach ($update in $found['installed']) {
        $known[$update['id']] = @{ title = $update['title']; installed = $true }
    }
    if (-not $known.ContainsKey($Id)) {
        return @{ title = ''; result = Get-UpdateResult -Id $Id -ResultCode 0 -HResult 2149842967 }  # WU_E_NOT_APPLICABLE
    }
    $title = $known[$Id]['title']
    if ($known[$Id]['installed'] -ne ($Spec['kind'] -eq 'uninstall')) {
        $code = 2359303  # WU_S_ALREADY_UNINSTALLED
        if ($known[$Id]['installed']) {
            $code = 2359302  # WU_S_ALREADY_INSTALLED
        }
        return @{ title = $title; result = Get-UpdateResult -Id $Id -Title $title -ResultCode 0 -HResult $code }
    }
    @{ title = $title; result = $null }
}

function Invoke-VendorUpdate {
    # Updates or uninstalls one package and gives its result record, with the program's own exit_code.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [string] $Id,
        [AllowEmptyString()] [string] $Title = ''
    )

    $wanted = Split-VendorIdentifier -Id $Id
    $startedAt = Get-DeviceTime
    try {
        if ($wanted['provider'] -eq 'winget') {
            $end = Invoke-WingetAct -Package $wanted['package'] -Kind $Spec['kind']
        }
        else {
            $end = Invoke-ChocolateyAct -Package $wanted['package'] -Version $wanted['version'] -Kind $Spec['kind']
        }
    }
    catch {
        # The program could not be started: one package's failure never costs the others.
        $code = Get-ExceptionHResult -Exception $_.Exception
        $end = @{ exit_code = $null; hresult = $code; result_code = 4; restart_required = $false }
    }
    $ended = @{
        Id = $Id; Title = $Title; ResultCode = $end['result_code']; HResult = $end['hresult']
        RestartRequired = $end['restart_required']; StartedAt = $startedAt
    }
    $result = Get-UpdateResult @ended
    $result['exit_code'] = $end['exit_code']
    $result
}
