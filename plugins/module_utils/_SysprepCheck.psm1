# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# What stands in the way of generalising a reference PC. Each fact is read by itself; one that cannot be read is $null.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._DeviceState
#AnsibleRequires -PowerShell ..module_utils._ImageMarker
#AnsibleRequires -PowerShell ..module_utils._JobRecord
#AnsibleRequires -PowerShell ..module_utils._SysprepState

Set-StrictMode -Version 3.0

function Get-EncryptableVolume {
    # The volumes that BitLocker knows; nothing where Windows has no BitLocker. A door to Windows.
    [CmdletBinding()]
    param()

    $space = 'root\cimv2\Security\MicrosoftVolumeEncryption'
    try {
        Get-CimInstance -Namespace $space -ClassName Win32_EncryptableVolume -ErrorAction Stop
    }
    catch [Microsoft.Management.Infrastructure.CimException] {
        # InvalidNamespace and InvalidClass: this edition has none.
        if ($_.Exception.NativeErrorCode -ne 'InvalidNamespace' -and $_.Exception.NativeErrorCode -ne 'InvalidClass') {
            throw
        }
    }
}

function Get-VolumeRecord {
    # The protocol's `bitlocker`. ProtectionStatus: 0 off, 1 on, 2 unknown (locked). ConversionStatus 0: fully decrypted.
    [CmdletBinding()]
    param()

    foreach ($volume in (Get-EncryptableVolume)) {
        $protected = $null
        switch ([int]$volume.ProtectionStatus) {
            0 { $protected = $false }
            1 { $protected = $true }
        }
        $encrypted = $null
        if ($null -ne $volume.ConversionStatus) {
            $encrypted = [int]$volume.ConversionStatus -ne 0
        }
        @{ drive = "$($volume.DriveLetter)"; protected = $protected; encrypted = $encrypted }
    }
}

function Get-UserPackage {
    # Packages that a user has installed: Name, IsFramework, SignatureKind. A door to Windows.
    [CmdletBinding()]
    param()

    foreach ($package in (Get-AppxPackage -AllUsers -ErrorAction Stop)) {
        $holders = @($package.PackageUserInformation | Where-Object { "$($_.InstallState)" -eq 'Installed' })
        if ($holders.Count -gt 0) {
            $package
        }
    }
}

function Get-ProvisionedName {
    # The names of the packages that every new user gets. A door to Windows.
    [CmdletBinding()]
    param()

    foreach ($package in (Get-AppxProvisionedPackage -Online -ErrorAction Stop)) {
        "$($package.DisplayName)"
    }
}

function Get-UnprovisionedPackage {
    # The protocol's `appx`: Sysprep refuses a PC on which a user has a package that was not provisioned for all users.
    [CmdletBinding()]
    param()

    $provisioned = @(Get-ProvisionedName)
    $names = @(
        foreach ($package in (Get-UserPackage)) {
            $own = -not $package.IsFramework -and "$($package.SignatureKind)" -ne 'System'
            if ($own -and $provisioned -notcontains "$($package.Name)") {
                "$($package.Name)"
            }
        }
    )
    $names | Sort-Object -Unique
}

function Get-AnswerFileRecord {
    # The protocol's `unattend`. Every element with a password is told by its place, never by its value: in PlainText false
    # it is only written in base64.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [string] $Path)

    $text = Read-DeviceFile -Path $Path
    $record = @{ path = $Path; present = $null -ne $text; readable = $false; passwords = @() }
    if ($null -eq $text) {
        return $record
    }
    $document = New-Object -TypeName System.Xml.XmlDocument
    $document.XmlResolver = $null
    try {
        $document.LoadXml($text)
    }
    catch [System.Xml.XmlException] {
        return $record
    }
    $record['readable'] = $true
    $record['passwords'] = @(
        foreach ($element in $document.SelectNodes("//*[contains(local-name(), 'Password')]")) {
            $value = $element.SelectSingleNode("*[local-name()='Value']")
            $held = $element.InnerText
            if ($null -ne $value) {
                $held = $value.InnerText
            }
            if ($held -and $held.Trim() -ne '*SENSITIVE*DATA*DELETED*') {
                $mark = $element.SelectSingleNode("*[local-name()='PlainText']")
                $plain = $null -eq $mark -or $mark.InnerText.Trim() -ne 'false'
                @{ place = "$($element.ParentNode.LocalName)/$($element.LocalName)"; plain = $plain }
            }
        }
    )
    $record
}

function Get-SysprepFailure {
    # The protocol's `errors`: the last lines of Sysprep's own error log.
    [CmdletBinding()]
    param()

    $path = [System.IO.Path]::Combine([System.Environment]::SystemDirectory, 'Sysprep', 'Panther', 'setuperr.log')
    $text = Read-DeviceFile -Path $path
    if ($text) {
        $text -split "\r?\n" | Where-Object { $_.Trim() } | Select-Object -Last 5
    }
}

function Get-LicenceRearm {
    # How often the licence of this Windows can still be rearmed.
    [CmdletBinding()]
    [OutputType([int])]
    param()

    [int](Get-DeviceInstance -ClassName SoftwareLicensingService).RemainingWindowsReArmCount
}

function Get-RunningJob {
    # The ids of our jobs that run.
    [CmdletBinding()]
    param()

    foreach ($job in (Get-DeviceJob)) {
        if ($job['state'] -eq 'running') {
            $job['id']
        }
    }
}

function Get-SysprepRecord {
    # The protocol's `sysprep`.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [string] $Unattend)

    $readers = @{
        image_state = { Get-ImageState }
        rearm_left = { Get-LicenceRearm }
        domain_joined = { [bool](Get-DeviceInstance -ClassName Win32_ComputerSystem).PartOfDomain }
        pending_restart = { (Get-PendingRestart)['record'] }
        users = { , @(Get-DeviceUser) }
        running_jobs = { , @(Get-RunningJob) }
        bitlocker = { , @(Get-VolumeRecord) }
        appx = { , @(Get-UnprovisionedPackage) }
        unattend = { Get-AnswerFileRecord -Path $Unattend }
        errors = { , @(Get-SysprepFailure) }
        image = { Read-ImageMarker -Kind image }
    }
    $record = @{}
    $unread = @{}
    foreach ($fact in @($readers.Keys)) {
        $record[$fact] = $null
        try {
            $record[$fact] = & $readers[$fact]
        }
        catch {
            $unread[$fact] = $_.Exception.Message
        }
    }
    $record['unread'] = $unread
    $record
}
