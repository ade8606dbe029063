# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# What the device is and what state it is in: identity, sessions, power, space, and every source of a pending restart by name.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._Session

Set-StrictMode -Version 3.0

function Get-DeviceInstance {
    # The first CIM instance of a class. A door to Windows; contract tests replace it.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $ClassName,
        [string] $Filter = ''
    )

    $query = @{ ClassName = $ClassName }
    if ($Filter) {
        $query['Filter'] = $Filter
    }
    Get-CimInstance @query -ErrorAction Stop | Select-Object -First 1
}

function Open-MachineKey {
    # A key under HKEY_LOCAL_MACHINE in the 64-bit view, or $null.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)

    $root = [Microsoft.Win32.RegistryKey]::OpenBaseKey(
        [Microsoft.Win32.RegistryHive]::LocalMachine, [Microsoft.Win32.RegistryView]::Registry64)
    $root.OpenSubKey($Path)
}

function Test-MachineKey {
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory)] [string] $Path)

    $key = Open-MachineKey -Path $Path
    if ($null -eq $key) {
        return $false
    }
    $key.Dispose()
    $true
}

function Get-MachineValue {
    # A value in the registry, or nothing. A list comes as its elements.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string] $Name
    )

    $key = Open-MachineKey -Path $Path
    if ($null -eq $key) {
        return
    }
    try {
        $key.GetValue($Name)
    }
    finally {
        $key.Dispose()
    }
}

function Get-SystemInformation {
    # Microsoft.Update.SystemInfo; reading it can throw in a network logon.
    [CmdletBinding()]
    param()

    New-Object -ComObject Microsoft.Update.SystemInfo
}

function Get-ChassisClass {
    # desktop, laptop, server, virtual or unknown: by maker and model, the edition's kind, then SMBIOS chassis types.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [AllowEmptyString()] [string] $Manufacturer,
        [AllowEmptyString()] [string] $Model,
        [Parameter(Mandatory)] [int] $ProductType,
        [AllowNull()] [object] $ChassisType
    )

    $virtual = 'Virtual Machine|VMware|VirtualBox|QEMU|KVM|Xen|Bochs|Parallels|Amazon EC2|Google Compute Engine|OpenStack|oVirt|RHEV'
    if ("$Manufacturer $Model" -match $virtual) {
        return 'virtual'
    }
    if ($ProductType -ne 1) {
        return 'server'
    }
    foreach ($type in $ChassisType) {
        if (8, 9, 10, 11, 12, 14, 18, 21, 30, 31, 32 -contains $type) {
            return 'laptop'
        }
        if (3, 4, 5, 6, 7, 13, 15, 16, 24, 34, 35, 36 -contains $type) {
            return 'desktop'
        }
        if (17, 23, 25, 28, 29 -contains $type) {
            return 'server'
        }
    }
    'unknown'
}

function Get-DeviceUser {
    # The protocol's user records.
    [CmdletBinding()]
    param()

    foreach ($session in (Get-UserSession)) {
        $idle = $null
        if ($session.IdleTicks -ge 0) {
            $idle = [int][math]::Floor([math]::Min($session.IdleTicks / 10000000, [int]::MaxValue))
        }
        @{ name = $session.Name; idle_seconds = $idle; active = [bool]$session.Active }
    }
}

function Get-BootTime {
    # When the device booted, as text.
    [CmdletBinding()]
    [OutputType([string])]
    param()

    Format-Instant -Value (Get-DeviceInstance -ClassName Win32_OperatingSystem).LastBootUpTime
}

function Get-DeviceRecord {
    # The protocol's `device`.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    $system = Get-DeviceInstance -ClassName Win32_ComputerSystem
    $windows = Get-DeviceInstance -ClassName Win32_OperatingSystem
    $enclosure = Get-DeviceInstance -ClassName Win32_SystemEnclosure
    $disk = Get-DeviceInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$($windows.SystemDrive)'"
    $current = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $version = Get-MachineValue -Path $current -Name DisplayVersion
    if (-not $version) {
        $version = Get-MachineValue -Path $current -Name ReleaseId
    }
    $chassisType = $null
    if ($null -ne $enclosure) {
        $chassisType = $enclosure.ChassisTypes
    }
    $class = @{
        Manufacturer = "$($system.Manufacturer)"
        Model = "$($system.Model)"
        ProductType = [int]$windows.ProductType
        ChassisType = $chassisType
    }
    $state = Get-PowerState
    $power = 'unknown'
    switch ($state.Line) {
        0 { $power = 'battery' }
        1 { $power = 'ac' }
    }
    $percent = $null
    if ($state.Flag -ne 128 -and $state.Flag -ne 255 -and $state.Percent -le 100) {
        $percent = [int]$state.Percent
    }
    @{
        computer_name = "$($system.Name)"
        domain = "$($system.Domain)"
        os = @{
            edition = "$(Get-MachineValue -Path $current -Name EditionID)"
            version = "$version"
            build = [int](Get-MachineValue -Path $current -Name CurrentBuild)
            ubr = [int](Get-MachineValue -Path $current -Name UBR)
        }
        chassis = Get-ChassisClass @class
        manufacturer = "$($system.Manufacturer)"
        model = "$($system.Model)"
        boot_time = Format-Instant -Value $windows.LastBootUpTime
        power = $power
        battery_percent = $percent
        free_bytes = [long]$disk.FreeSpace
        users = @(Get-DeviceUser)
    }
}

function Get-PendingRestart {
    # The protocol's `pending_restart`, and `warning`: a text where WUA itself could not be asked. ServicingInProgress is 2
    # (or anything but 0 and 1) while the servicing stack works; 1 is an update that waits for the restart.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    $current = 'SOFTWARE\Microsoft\Windows\CurrentVersion'
    $names = 'SYSTEM\CurrentControlSet\Control\ComputerName'
    $renames = @(Get-MachineValue -Path 'SYSTEM\CurrentControlSet\Control\Session Manager' -Name PendingFileRenameOperations)
    $activeName = Get-MachineValue -Path "$names\ActiveComputerName" -Name ComputerName
    $nextName = Get-MachineValue -Path "$names\ComputerName" -Name ComputerName
    $servicing = Get-MachineValue -Path "$current\Component Based Servicing\Interface" -Name ServicingInProgress
    $sources = @{
        cbs = Test-MachineKey -Path "$current\Component Based Servicing\RebootPending"
        windows_update = Test-MachineKey -Path "$current\WindowsUpdate\Auto Update\RebootRequired"
        file_rename = @($renames | Where-Object { $_ }).Count -gt 0
        computer_rename = "$activeName" -ne "$nextName"
        servicing = $null -ne $servicing -and $servicing -ne 0 -and $servicing -ne 1
    }
    $warning = ''
    try {
        $sources['wua'] = [bool](Get-SystemInformation).RebootRequired
    }
    catch {
        $sources['wua'] = $sources['windows_update']
        $warning = "The update agent does not say in this logon whether a restart is pending, so the registry was read: $($_.Exception.Message)"
    }
    @{
        record = @{ required = ($sources['wua'] -or $sources['cbs'] -or $sources['windows_update']); sources = $sources }
        warning = $warning
    }
}
