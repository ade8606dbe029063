# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# Instants and files of the device: UTC text, JSON read and written so that nobody ever sees half a file.
# No Export-ModuleMember here or beside it: the same text also runs as a plain script inside a device job.

Set-StrictMode -Version 3.0

function Get-DeviceTime {
    # The device's clock, UTC. The only door to it.
    [CmdletBinding()]
    [OutputType([datetime])]
    param()

    [datetime]::UtcNow
}

function Get-DataFolder {
    # The folder that holds everything Nightshift keeps on a device.
    [CmdletBinding()]
    [OutputType([string])]
    param()

    [System.IO.Path]::Combine([System.Environment]::GetFolderPath('CommonApplicationData'), 'nightshift')
}

function Format-Instant {
    # 2026-11-23T16:05:00Z for a point in time; $null stays $null. An unspecified kind is local, as .NET has it.
    [CmdletBinding()]
    param([AllowNull()] [object] $Value)

    if ($null -eq $Value) {
        return $null
    }
    ([datetime]$Value).ToUniversalTime().ToString(
        "yyyy-MM-dd'T'HH':'mm':'ss'Z'", [System.Globalization.CultureInfo]::InvariantCulture)
}

function ConvertTo-Instant {
    # The UTC [datetime] of an ISO 8601 text with a zone; $null and "" give $null, anything else is an error.
    [CmdletBinding()]
    param([AllowNull()] [AllowEmptyString()] [string] $Text)

    if (-not $Text) {
        return $null
    }
    if ($Text -notmatch '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$') {
        throw "'$Text' is not an instant; write ISO 8601 with a zone, such as 2026-11-23T16:05:00Z"
    }
    [System.DateTimeOffset]::Parse($Text, [System.Globalization.CultureInfo]::InvariantCulture).UtcDateTime
}

function ConvertFrom-JsonText {
    # What a JSON text holds. The ConvertFrom-Json of Windows PowerShell may refuse more than 2 MB, which a long list of
    # installed updates can reach; the serializer beneath it takes any length. Newer editions do not have that class.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Text)

    if ($PSVersionTable.PSEdition -ne 'Desktop') {
        return ConvertFrom-Json -InputObject $Text
    }
    Add-Type -AssemblyName System.Web.Extensions
    $serializer = New-Object -TypeName System.Web.Script.Serialization.JavaScriptSerializer
    $serializer.MaxJsonLength = [int]::MaxValue
    $serializer.DeserializeObject($Text)
}

function ConvertTo-PlainValue {
    # Hashtables, arrays and scalars in place of what a JSON reader makes (a list inside a list is not needed here).
    [CmdletBinding()]
    param([AllowNull()] [object] $Value)

    if ($null -eq $Value) {
        return $null
    }
    if ($Value -is [datetime]) {
        return Format-Instant -Value $Value
    }
    if ($Value -is [string] -or $Value -is [System.ValueType]) {
        return $Value
    }
    $entries = $Value
    if ($Value -isnot [System.Collections.IDictionary]) {
        $entries = @{}
        foreach ($property in $Value.PSObject.Properties) {
            $entries[$property.Name] = $property.Value
        }
    }
    $plain = @{}
    foreach ($key in $entries.Keys) {
        $item = $entries[$key]
        if ($item -is [System.Collections.IList]) {
            $plain[$key] = @(foreach ($element in $item) { ConvertTo-PlainValue -Value $element })
        }
        else {
            $plain[$key] = ConvertTo-PlainValue -Value $item
        }
    }
    $plain
}

function Read-DeviceFile {
    # The text of a file, or $null when it is not there. A reader never stops a writer (the sharing mode).
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)

    if (-not [System.IO.File]::Exists($Path)) {
        return $null
    }
    $sharing = [System.IO.FileShare]::ReadWrite -bor [System.IO.FileShare]::Delete
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList @(
        $Path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, $sharing)
    try {
        $reader = New-Object -TypeName System.IO.StreamReader -ArgumentList @($stream, [System.Text.Encoding]::UTF8)
        $reader.ReadToEnd()
    }
    finally {
        $stream.Dispose()
    }
}

function Read-JsonFile {
    # The object in a JSON file as a hashtable; $null when the file is missing or was cut off in the middle.
    # A second look a moment later covers the instant in which a writer swaps the file.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)

    foreach ($attempt in 1, 2) {
        try {
            $text = Read-DeviceFile -Path $Path
            if (-not $text) {
                return $null
            }
            $value = ConvertTo-PlainValue -Value (ConvertFrom-JsonText -Text $text)
            if ($value -is [System.Collections.IDictionary]) {
                return $value
            }
            return $null
        }
        catch {
            if ($attempt -eq 2) {
                return $null
            }
            Start-Sleep -Milliseconds 100
        }
    }
}

function Write-DeviceFile {
    # Writes a whole file or nothing. The text goes to a temporary name beside the target and to the disk (Flush with
    # $true, so that a power loss leaves no file of zeros), then takes the target's name in one step: File.Replace where
    # the target exists (Move-Item -Force deletes the target first on 5.1; File.Move has no overwrite there), else
    # File.Move. A virus scanner can hold either file for a moment, hence the few attempts.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string] $Text
    )

    $bytes = (New-Object -TypeName System.Text.UTF8Encoding -ArgumentList $false).GetBytes($Text)
    $temporary = '{0}.{1}.tmp' -f $Path, [guid]::NewGuid().ToString('N')
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList @(
        $temporary, [System.IO.FileMode]::CreateNew, [System.IO.FileAccess]::Write, [System.IO.FileShare]::None)
    try {
        $stream.Write($bytes, 0, $bytes.Length)
        $stream.Flush($true)
    }
    finally {
        $stream.Dispose()
    }
    foreach ($attempt in 1..10) {
        try {
            if ([System.IO.File]::Exists($Path)) {
                [System.IO.File]::Replace($temporary, $Path, [NullString]::Value)
            }
            else {
                [System.IO.File]::Move($temporary, $Path)
            }
            return
        }
        catch {
            if ($attempt -eq 10) {
                throw
            }
            Start-Sleep -Milliseconds 200
        }
    }
}

function Write-JsonFile {
    # Writes a hashtable as JSON, whole or not at all.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Value
    )

    Write-DeviceFile -Path $Path -Text (ConvertTo-Json -InputObject $Value -Depth 20 -Compress)
}
