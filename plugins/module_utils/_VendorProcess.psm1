# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The programs of the package managers: where they are for SYSTEM, and how they are run. The only doors to them.

Set-StrictMode -Version 3.0

function Find-WingetPath {
    # The newest winget.exe of the packaged apps, or "". SYSTEM has no alias for it, and its folder is named after its version.
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $programs = [System.Environment]::GetFolderPath('ProgramFiles')
    if ([System.Environment]::GetEnvironmentVariable('ProgramW6432')) {
        $programs = [System.Environment]::GetEnvironmentVariable('ProgramW6432')
    }
    $folder = [System.IO.Path]::Combine($programs, 'WindowsApps')
    $newest = [version]'0.0'
    $path = ''
    foreach ($one in [System.IO.Directory]::GetDirectories($folder, 'Microsoft.DesktopAppInstaller_*_*__8wekyb3d8bbwe')) {
        $named = [regex]::Match($one, '_(?<version>\d+(\.\d+){1,3})_(x64|arm64)__8wekyb3d8bbwe$')
        $file = [System.IO.Path]::Combine($one, 'winget.exe')
        if ($named.Success -and [System.IO.File]::Exists($file) -and [version]$named.Groups['version'].Value -gt $newest) {
            $newest = [version]$named.Groups['version'].Value
            $path = $file
        }
    }
    $path
}

function Find-ChocolateyPath {
    # choco.exe, or "".
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $folder = [System.Environment]::GetEnvironmentVariable('ChocolateyInstall', 'Machine')
    if (-not $folder) {
        $folder = [System.IO.Path]::Combine([System.Environment]::GetFolderPath('CommonApplicationData'), 'chocolatey')
    }
    $path = [System.IO.Path]::Combine($folder, 'bin', 'choco.exe')
    if ([System.IO.File]::Exists($path)) {
        return $path
    }
    ''
}

function Read-ChocolateySpec {
    # The nuspec of an installed package as XML, or $null.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Package)

    $folder = [System.IO.Path]::GetDirectoryName([System.IO.Path]::GetDirectoryName((Find-ChocolateyPath)))
    $path = [System.IO.Path]::Combine($folder, 'lib', $Package, "$Package.nuspec")
    if (-not [System.IO.File]::Exists($path)) {
        return $null
    }
    $document = New-Object -TypeName System.Xml.XmlDocument
    $document.XmlResolver = $null
    $document.Load($path)
    $document
}

function Invoke-VendorProcess {
    # Runs a program without a window: exit_code (as Windows gives it, signed) and lines (what it printed). One that takes
    # longer than $Seconds is ended, and its exit_code is the HRESULT of ERROR_TIMEOUT.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string[]] $ArgumentList,
        [int] $Seconds = 600
    )

    $start = New-Object -TypeName System.Diagnostics.ProcessStartInfo
    $start.FileName = $Path
    $start.Arguments = @(foreach ($one in $ArgumentList) { if ($one -match '\s') { '"{0}"' -f $one } else { $one } }) -join ' '
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.Encoding]::UTF8
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $printed = $process.StandardOutput.ReadToEndAsync()
        [void]$process.StandardError.ReadToEndAsync()
        if (-not $process.WaitForExit($Seconds * 1000)) {
            $process.Kill()
            return @{ exit_code = -2147023436; lines = @() }
        }
        $lines = @()
        if ($printed.Wait(10000)) {  # what it started may still hold the other end
            $lines = @($printed.Result -split '[\r\n]+' | Where-Object { $_ })
        }
        @{ exit_code = [long]$process.ExitCode; lines = $lines }
    }
    finally {
        $process.Dispose()
    }
}
