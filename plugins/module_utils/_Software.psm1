# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The software that a device lists as installed: the uninstall keys of the machine, in both views, and of every user whose
# hive is loaded.

Set-StrictMode -Version 3.0

function Get-UninstallEntry {
    # The values of every uninstall key: Scope, DisplayName, DisplayVersion, Publisher, SystemComponent, ParentKeyName,
    # ReleaseType. The only door to these keys.
    [CmdletBinding()]
    param()

    $path = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
    $places = New-Object -TypeName System.Collections.ArrayList
    $views = @{ machine = 'Registry64' }
    if ([System.Environment]::Is64BitOperatingSystem) {
        $views['machine32'] = 'Registry32'
    }
    foreach ($scope in $views.Keys) {
        $hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey(
            [Microsoft.Win32.RegistryHive]::LocalMachine, [Microsoft.Win32.RegistryView]$views[$scope])
        [void]$places.Add(@{ Scope = $scope; Key = $hive.OpenSubKey($path) })
    }
    $users = [Microsoft.Win32.RegistryKey]::OpenBaseKey(
        [Microsoft.Win32.RegistryHive]::Users, [Microsoft.Win32.RegistryView]::Registry64)
    foreach ($sid in $users.GetSubKeyNames()) {
        if ($sid -match '^S-1-(5-21|12-1)-[\d-]+$') {
            [void]$places.Add(@{ Scope = "user:$sid"; Key = $users.OpenSubKey("$sid\$path") })
        }
    }
    foreach ($place in $places) {
        if ($null -ne $place['Key']) {
            foreach ($name in $place['Key'].GetSubKeyNames()) {
                $key = $place['Key'].OpenSubKey($name)
                if ($null -ne $key) {
                    $entry = @{ Scope = $place['Scope'] }
                    foreach ($value in 'DisplayName', 'DisplayVersion', 'Publisher', 'SystemComponent', 'ParentKeyName', 'ReleaseType') {
                        $entry[$value] = "$($key.GetValue($value))".Trim()
                    }
                    $entry
                }
            }
        }
    }
}

function Get-InstalledSoftware {
    # The protocol's `software`: what people would call programs, without parts of others and updates, in a fixed order. The
    # digest covers all of it; where it is the one that the caller knows, the items stay away.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([AllowNull()] [AllowEmptyString()] [string] $KnownDigest = '')

    $found = @{}
    foreach ($entry in Get-UninstallEntry) {
        $part = $entry['SystemComponent'] -eq '1' -or $entry['ParentKeyName'] -or $entry['ReleaseType'] -match 'Update|Hotfix|Service Pack'
        if ($entry['DisplayName'] -and -not $part) {
            $line = @($entry['DisplayName'], $entry['DisplayVersion'], $entry['Publisher'], $entry['Scope']) -join "`n"
            $found[$line] = $entry
        }
    }
    $lines = [string[]]@($found.Keys)
    [System.Array]::Sort($lines, [System.StringComparer]::Ordinal)
    $bytes = (New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false).GetBytes($lines -join "`n`n")
    $digest = [System.BitConverter]::ToString([System.Security.Cryptography.SHA256]::Create().ComputeHash($bytes))
    $software = @{ digest = $digest.Replace('-', '').ToLowerInvariant() }
    if ($software['digest'] -ne $KnownDigest) {
        $software['items'] = @(
            foreach ($line in $lines) {
                $entry = $found[$line]
                @{
                    name = $entry['DisplayName']; version = $entry['DisplayVersion']; publisher = $entry['Publisher']
                    scope = $entry['Scope']
                }
            }
        )
    }
    $software
}
