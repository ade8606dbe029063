# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# How far Windows is from being generalised, and Sysprep itself.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._DeviceState

Set-StrictMode -Version 3.0

function Get-ImageState {
    # Windows' own word for where it is in its set-up: IMAGE_STATE_COMPLETE, IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE ...
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $state = Get-MachineValue -Path 'SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' -Name ImageState
    if (-not $state) {
        throw 'the registry has no ImageState'
    }
    "$state"
}

function Test-SysprepProcess {
    # Whether Sysprep runs now. A door to Windows.
    [CmdletBinding()]
    [OutputType([bool])]
    param()

    $null -ne (Get-DeviceInstance -ClassName Win32_Process -Filter "Name='sysprep.exe'")
}

function Get-SysprepCommand {
    # The command line that generalises this PC and switches it off.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [string] $Unattend)

    $program = [System.IO.Path]::Combine([System.Environment]::SystemDirectory, 'Sysprep', 'sysprep.exe')
    '"{0}" /generalize /oobe /shutdown /quiet "/unattend:{1}"' -f $program, $Unattend
}

function Start-SysprepProcess {
    # Starts it through WMI: a process of the connection's own would end with the connection. A door to Windows.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Command)

    $made = Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments @{ CommandLine = $Command } -ErrorAction Stop
    if ($made.ReturnValue -ne 0) {
        throw "Windows did not start Sysprep: Win32_Process.Create gave $($made.ReturnValue)"
    }
}
