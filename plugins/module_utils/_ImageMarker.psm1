# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The two markers of a disk: image.json says which image it holds, run.json which job is about to replace it.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile

Set-StrictMode -Version 3.0

function Get-ImageMarkerPath {
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [string] $Kind)

    [System.IO.Path]::Combine((Get-DataFolder), "$Kind.json")
}

function Get-ImageMarkerField {
    # What a marker holds, in the order of the protocol.
    [CmdletBinding()]
    [OutputType([string[]])]
    param([Parameter(Mandatory)] [string] $Kind)

    if ($Kind -eq 'image') {
        return 'name', 'version', 'checksum', 'date'
    }
    'job', 'room', 'written'
}

function Read-ImageMarker {
    # The marker as a hashtable; $null where there is no file. A file that holds no marker is an error.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Kind)

    $path = Get-ImageMarkerPath -Kind $Kind
    if (-not [System.IO.File]::Exists($path)) {
        return $null
    }
    $held = Read-JsonFile -Path $path
    $marker = @{}
    foreach ($name in (Get-ImageMarkerField -Kind $Kind)) {
        if ($null -eq $held -or -not $held[$name]) {
            throw "$path is cut off or has no $name"
        }
        $marker[$name] = "$($held[$name])"
    }
    $marker
}
