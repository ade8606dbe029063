# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# Chocolatey. With --limit-output it prints lines of fields between bars, in every language.

#AnsibleRequires -PowerShell ..module_utils._VendorProcess

Set-StrictMode -Version 3.0

function Get-ChocolateyName {
    # What the nuspec of an installed package says: name and vendor ("" where it does not).
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [string] $Package)

    $said = @{ title = $Package; authors = '' }
    try {
        $document = Read-ChocolateySpec -Package $Package
        foreach ($field in 'title', 'authors') {
            $node = $document.SelectSingleNode("//*[local-name()='metadata']/*[local-name()='$field']")
            if ($null -ne $node -and $node.InnerText.Trim()) {
                $said[$field] = $node.InnerText.Trim()
            }
        }
    }
    catch {
        return @{ name = $said['title']; vendor = '' }
    }
    @{ name = $said['title']; vendor = $said['authors'] }
}

function Get-ChocolateyPackage {
    # Every installed package: version (of Chocolatey), warnings, packages (as Get-WingetPackage has them). Throws, in words,
    # when Chocolatey is missing or fails.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    $program = Find-ChocolateyPath
    if (-not $program) {
        throw 'Chocolatey is missing: no choco.exe in its folder'
    }
    $version = "$((Invoke-VendorProcess -Path $program -ArgumentList @('--version'))['lines'] | Select-Object -Last 1)".Trim()
    $listing = @('list', '--limit-output')
    if ($version -match '^[01]\.') {
        $listing += '--local-only'  # before 2.0 it listed what is offered
    }
    $lists = @{}
    foreach ($arguments in $listing, @('outdated', '--limit-output', '--ignore-unfound')) {
        $ended = Invoke-VendorProcess -Path $program -ArgumentList $arguments
        if (0, 2 -notcontains $ended['exit_code']) {
            # 2: nothing, or something outdated, where enhanced exit codes are on
            throw "choco $($arguments[0]) ended with $($ended['exit_code'])"
        }
        $lists[$arguments[0]] = $ended['lines']
    }
    $newer = @{}
    foreach ($line in $lists['outdated']) {
        $fields = @("$line".Trim() -split '\|')
        if ($fields.Count -eq 4 -and $fields[1] -ne $fields[2]) {
            $newer[$fields[0]] = @{ available = $fields[2]; pinned = $fields[3] -eq 'true' }
        }
    }
    @{
        version = $version
        warnings = @()
        packages = @(
            foreach ($line in ($lists['list'] | Sort-Object)) {
                $fields = @("$line".Trim() -split '\|')
                if ($fields.Count -eq 2) {
                    $named = Get-ChocolateyName -Package $fields[0]
                    $package = @{
                        id = $fields[0]; name = $named['name']; vendor = $named['vendor']; product = $fields[0]
                        installed = $fields[1]; available = ''; pinned = $false
                    }
                    if ($newer.ContainsKey($fields[0])) {
                        $package['available'] = $newer[$fields[0]]['available']
                        $package['pinned'] = $newer[$fields[0]]['pinned']
                    }
                    $package
                }
            }
        )
    }
}

function Invoke-ChocolateyAct {
    # Updates (kind install) or uninstalls one package: exit_code, hresult, result_code and restart_required. The exit codes
    # are those of the installers: a Windows error becomes its HRESULT.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Package,
        [Parameter(Mandatory)] [string] $Version,
        [Parameter(Mandatory)] [string] $Kind
    )

    $arguments = @('upgrade', $Package, "--version=$Version")
    if ($Kind -eq 'uninstall') {
        $arguments = @('uninstall', $Package)
    }
    $arguments += @('--yes', '--limit-output', '--no-progress', '--execution-timeout=5400')
    $code = (Invoke-VendorProcess -Path (Find-ChocolateyPath) -ArgumentList $arguments -Seconds 5700)['exit_code']
    $end = @{ exit_code = $code; hresult = 2147500037; result_code = 4; restart_required = $false }  # E_FAIL
    if ($code -eq 0) {
        $end = @{ exit_code = $code; hresult = 0; result_code = 2; restart_required = $false }
    }
    elseif (1641, 3010 -contains $code) {
        $end = @{ exit_code = $code; hresult = 0; result_code = 2; restart_required = $true }
    }
    elseif (1605, 1614 -contains $code -and $Kind -eq 'uninstall') {
        $end['hresult'] = 2359303  # WU_S_ALREADY_UNINSTALLED
        $end['result_code'] = 0
    }
    elseif ($code -eq 2) {
        $end['hresult'] = 2149842967  # nothing to do: WU_E_NOT_APPLICABLE
    }
    elseif (350, 1604 -contains $code) {
        $end['hresult'] = 2147945417  # ERROR_FAIL_REBOOT_REQUIRED
    }
    elseif ($code -gt 2 -and $code -le 65535) {
        $end['hresult'] = 2147942400 + $code  # HRESULT_FROM_WIN32
    }
    elseif ($code -lt -1) {
        $end['hresult'] = $code -band 4294967295
    }
    $end
}
