# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The Windows package manager. Its table of upgrades is the only list of them that SYSTEM can get from 5.1: cut to 120 columns,
# with headings in the language of the device. So nothing is read by column or heading: a row is a line with the id of an
# installed package in it, and the ids come whole from its export (JSON).

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._UpdateError
#AnsibleRequires -PowerShell ..module_utils._VendorProcess

Set-StrictMode -Version 3.0

function Get-WingetFailure {
    # In words why winget ended with a code, or "" for one that only says that there is nothing: 0x8A150014 no packages,
    # 0x8A15002B no applicable upgrade.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [long] $ExitCode)

    $known = Resolve-UpdateError -HResult $ExitCode
    if (0, 2316632084, 2316632107 -contains $known['hresult']) {
        return ''
    }
    (@('winget ended with', $known['hresult_hex'], $known['error_name'], $known['error_text']) | Where-Object { $_ }) -join ' '
}

function Find-WingetIdentifier {
    # The installed package that a word of the table names, or "": the word is its id, or the beginning of it, cut off.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)] [string] $Word,
        [Parameter(Mandatory)] [hashtable] $Installed,
        [AllowEmptyString()] [string] $Version = ''
    )

    foreach ($id in $Installed.Keys) {
        if ($id -eq $Word) {
            return $id
        }
    }
    $cut = [regex]::Match($Word, '^(?<start>.+?)(\u2026|\.\.\.)$')
    if (-not $cut.Success) {
        return ''
    }
    $start = $cut.Groups['start'].Value
    $fitting = @($Installed.Keys | Where-Object { $_.StartsWith($start, [System.StringComparison]::OrdinalIgnoreCase) })
    if ($fitting.Count -gt 1) {
        $fitting = @($fitting | Where-Object { $Installed[$_] -eq $Version })
    }
    if ($fitting.Count -eq 1) {
        return $fitting[0]
    }
    ''
}

function ConvertFrom-WingetTable {
    # The rows of a printed table, without regard to its columns: @{ rows (id, name, available); lost (lines not understood) }.
    # A row is name, id, installed version (at times after < or >), available version and perhaps a source.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [AllowEmptyCollection()] [AllowEmptyString()] [string[]] $Line,
        [Parameter(Mandatory)] [hashtable] $Installed
    )

    $rows = New-Object -TypeName System.Collections.ArrayList
    $lost = New-Object -TypeName System.Collections.ArrayList
    $inside = $false
    foreach ($one in $Line) {
        if ($one -match '-{20,}\s*$') {
            $inside = $true
        }
        elseif ($inside) {
            $words = @($one.Trim() -replace '(?<=\s)[<>] (?=\S)', '' -split '\s+')
            $found = ''
            for ($at = $words.Count - 3; $at -ge 0 -and -not $found; $at--) {
                $found = Find-WingetIdentifier -Word $words[$at] -Installed $Installed -Version $words[$at + 1]
                if ($found) {
                    [void]$rows.Add(@{
                            id = $found
                            name = ($words[0..$at] | Select-Object -First $at) -join ' '
                            available = $words[$at + 2]
                        })
                }
            }
            if (-not $found -and $one -match '\S(\u2026|\.\.\.)\s+\S') {
                [void]$lost.Add($one.Trim())
            }
        }
    }
    @{ rows = $rows.ToArray(); lost = $lost.ToArray() }
}

function Get-WingetPackage {
    # Every installed package that winget knows: version (of winget), warnings, packages (id, name, vendor, product,
    # installed, available ("" for none), pinned). Throws, in words, when winget is missing or fails.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [string] $Path)

    $program = Find-WingetPath
    if (-not $program) {
        throw 'winget is missing: no Microsoft.DesktopAppInstaller with winget.exe under WindowsApps; install App Installer for all users'
    }
    $quiet = '--source', 'winget', '--accept-source-agreements', '--disable-interactivity'
    $file = [System.IO.Path]::Combine($Path, 'winget.json')
    $ended = Invoke-VendorProcess -Path $program -ArgumentList (@('export', '--output', $file, '--include-versions') + $quiet)
    $failure = Get-WingetFailure -ExitCode $ended['exit_code']
    $export = Read-JsonFile -Path $file
    if ($failure -and $null -eq $export) {
        throw $failure
    }
    $installed = @{}
    if ($null -ne $export) {
        foreach ($source in $export['Sources']) {
            foreach ($package in $source['Packages']) {
                $installed["$($package['PackageIdentifier'])"] = "$($package['Version'])"
            }
        }
    }
    $ended = Invoke-VendorProcess -Path $program -ArgumentList (@('upgrade') + $quiet)
    $failure = Get-WingetFailure -ExitCode $ended['exit_code']
    if ($failure) {
        throw $failure
    }
    $table = ConvertFrom-WingetTable -Line $ended['lines'] -Installed $installed
    $rows = @{}
    foreach ($row in $table['rows']) {
        $rows[$row['id']] = $row
    }
    $pinned = @{}
    $ended = Invoke-VendorProcess -Path $program -ArgumentList @('pin', 'list', '--accept-source-agreements', '--disable-interactivity')
    foreach ($row in (ConvertFrom-WingetTable -Line $ended['lines'] -Installed $installed)['rows']) {
        $pinned[$row['id']] = -not $rows.ContainsKey($row['id'])  # a pin to a range still lets newer versions in it through
    }
    @{
        version = [regex]::Match($program, 'AppInstaller_(?<version>[\d.]+)_').Groups['version'].Value
        warnings = @(foreach ($line in $table['lost']) { "winget cut a line so far that it says nothing: $line" })
        packages = @(
            foreach ($id in ($installed.Keys | Sort-Object)) {
                $name = $id
                $available = ''
                if ($rows.ContainsKey($id)) {
                    $available = [regex]::Replace($rows[$id]['available'], '(\u2026|\.\.\.)$', '')
                    if ($rows[$id]['name'] -and $rows[$id]['name'] -notmatch '(\u2026|\.\.\.)$') {
                        $name = $rows[$id]['name']
                    }
                }
                @{
                    id = $id
                    name = $name
                    vendor = ($id -split '\.')[0]
                    product = $id -replace '^[^.]+\.', ''
                    installed = $installed[$id]
                    available = $available
                    pinned = $pinned.ContainsKey($id) -and $pinned[$id]
                }
            }
        )
    }
}

function Invoke-WingetAct {
    # Updates (kind install) or uninstalls one package: exit_code, hresult, result_code and restart_required.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Package,
        [Parameter(Mandatory)] [string] $Kind
    )

    $arguments = @('upgrade', '--id', $Package, '--exact', '--accept-package-agreements')
    if ($Kind -eq 'uninstall') {
        $arguments = @('uninstall', '--id', $Package, '--exact')
    }
    $arguments += @('--source', 'winget', '--silent', '--accept-source-agreements', '--disable-interactivity')
    $code = (Invoke-VendorProcess -Path (Find-WingetPath) -ArgumentList $arguments -Seconds 5400)['exit_code']
    $unsigned = ConvertTo-UnsignedHResult -HResult $code
    $end = @{ exit_code = $code; hresult = $unsigned; result_code = 4; restart_required = $false }
    switch ($unsigned) {
        0 { $end['result_code'] = 2 }
        2316632329 { $end = @{ exit_code = $code; hresult = 0; result_code = 2; restart_required = $true } }  # restart to finish
        2316632331 { $end = @{ exit_code = $code; hresult = 0; result_code = 2; restart_required = $true } }  # restart begun
        2316632084 { $end['hresult'] = 2149842967 }  # no such package: WU_E_NOT_APPLICABLE
    }
    $end
}
