# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# What a PC tells about itself after it was given an image. Each fact is read by itself: one that cannot be read is $null,
# with the reason, and the others are told all the same.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._DeviceState
#AnsibleRequires -PowerShell ..module_utils._DomainTrust
#AnsibleRequires -PowerShell ..module_utils._ImageMarker

Set-StrictMode -Version 3.0

function Get-FileDigest {
    # The SHA-256 of a file's content; $null where there is no such file. Others may go on writing it. A door to Windows.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)

    if (-not [System.IO.File]::Exists($Path)) {
        return $null
    }
    $sharing = [System.IO.FileShare]::ReadWrite -bor [System.IO.FileShare]::Delete
    $stream = New-Object -TypeName System.IO.FileStream -ArgumentList @(
        $Path, [System.IO.FileMode]::Open, [System.IO.FileAccess]::Read, $sharing)
    try {
        (Get-FileHash -InputStream $stream -Algorithm SHA256).Hash.ToLowerInvariant()
    }
    finally {
        $stream.Dispose()
    }
}

function Get-MachineSid {
    # The SID of the machine: that of a local account, less its last part.
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $account = Get-DeviceInstance -ClassName Win32_UserAccount -Filter 'LocalAccount=True'
    if ($null -ne $account -and "$($account.SID)" -match '^(S-1-5-21-\d+-\d+-\d+)-\d+$') {
        return $Matches[1]
    }
    throw 'Windows lists no local account with a SID of this machine'
}

function Get-UpdateClientId {
    # The name that the update agent has at an update server.
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $id = Get-MachineValue -Path 'SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate' -Name SusClientId
    if (-not $id) {
        throw 'the update agent has none yet; it gets one when it first asks for updates'
    }
    "$id".ToLowerInvariant()
}

function Get-ActivationRecord {
    # The protocol's `activation`, of Windows itself: the product with a key that is no add-on (such as extended updates).
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    $filter = "ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' AND PartialProductKey IS NOT NULL AND LicenseIsAddon=FALSE"
    $product = Get-DeviceInstance -ClassName SoftwareLicensingProduct -Filter $filter
    if ($null -eq $product) {
        throw 'Windows has no product key'
    }
    $states = @{ 0 = 'unlicensed'; 1 = 'licensed'; 2 = 'grace'; 3 = 'grace'; 4 = 'non_genuine'; 5 = 'notification'; 6 = 'grace' }
    $state = $states[[int]$product.LicenseStatus]
    if (-not $state) {
        throw "Windows tells licence status $($product.LicenseStatus), which is not known"
    }
    @{ status = $state; channel = "$($product.ProductKeyChannel)"; grace_minutes = [int]$product.GracePeriodRemaining }
}

function Get-WindowsRecord {
    # Edition, build and revision, all three or none.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    $current = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $edition = Get-MachineValue -Path $current -Name EditionID
    $build = Get-MachineValue -Path $current -Name CurrentBuild
    $revision = Get-MachineValue -Path $current -Name UBR
    if (-not $edition -or -not $build -or $null -eq $revision) {
        throw "the registry has no EditionID, CurrentBuild or UBR under $current"
    }
    @{ edition = "$edition"; build = [int]$build; ubr = [int]$revision }
}

function Get-SeatFile {
    # The protocol's `files`, and `unread`: path to reason.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([AllowNull()] [object] $File)

    $unread = @{}
    $records = @(
        foreach ($one in $File) {
            if ($null -ne $one) {
                $record = @{ path = "$($one['path'])"; sha256 = $null; as_expected = $null }
                try {
                    $record['sha256'] = Get-FileDigest -Path $record['path']
                    if ($one['sha256']) {
                        $record['as_expected'] = "$($record['sha256'])" -eq "$($one['sha256'])"
                    }
                }
                catch {
                    $unread["files:$($record['path'])"] = $_.Exception.Message
                }
                $record
            }
        }
    )
    @{ records = $records; unread = $unread }
}

function Get-SeatRecord {
    # The protocol's `seat`. $File: path and expected SHA-256 of each file to read.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([AllowNull()] [object] $File)

    $readers = @{
        machine_sid = { Get-MachineSid }
        wsus_client_id = { Get-UpdateClientId }
        os = { Get-WindowsRecord }
        boot_time = { Get-BootTime }
        activation = { Get-ActivationRecord }
        image = { Read-ImageMarker -Kind image }
        run_marker = { Read-ImageMarker -Kind run }
        users = { , @(Get-DeviceUser) }
    }
    $seat = @{ computer_name = $null; domain = $null; domain_joined = $null; domain_trust = 'unknown' }
    $unread = @{}
    foreach ($fact in @($readers.Keys)) {
        $seat[$fact] = $null
        try {
            $seat[$fact] = & $readers[$fact]
        }
        catch {
            $unread[$fact] = $_.Exception.Message
        }
    }
    try {
        $system = Get-DeviceInstance -ClassName Win32_ComputerSystem
        $seat['computer_name'] = "$($system.Name)"
        $seat['domain'] = "$($system.Domain)"
        $seat['domain_joined'] = [bool]$system.PartOfDomain
    }
    catch {
        foreach ($fact in 'computer_name', 'domain', 'domain_joined', 'domain_trust') {
            $unread[$fact] = $_.Exception.Message
        }
    }
    if ($seat['domain_joined']) {
        $channel = Resolve-DomainTrust -Domain $seat['domain']
        $seat['domain_trust'] = $channel['trust']
        if ($channel['reason']) {
            $unread['domain_trust'] = $channel['reason']
        }
    }
    elseif ($null -ne $seat['domain_joined']) {
        $seat['domain_trust'] = 'not_joined'
    }
    $files = Get-SeatFile -File $File
    $seat['files'] = $files['records']
    foreach ($place in @($files['unread'].Keys)) {
        $unread[$place] = $files['unread'][$place]
    }
    $seat['unread'] = $unread
    $seat
}
