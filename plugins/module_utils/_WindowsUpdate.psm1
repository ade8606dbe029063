# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The Windows Update Agent: the doors to its COM objects, where it asks, a search, and whether the search can be believed.

#AnsibleRequires -PowerShell ..module_utils._UpdateError
#AnsibleRequires -PowerShell ..module_utils._UpdateRecord

Set-StrictMode -Version 3.0

function Get-UpdateSession {
    # A Microsoft.Update.Session. One of the doors to WUA; contract tests replace them.
    [CmdletBinding()]
    param()

    $session = New-Object -ComObject Microsoft.Update.Session
    $session.ClientApplicationID = 'nightshift.fleet'
    $session
}

function Get-UpdateServiceManager {
    [CmdletBinding()]
    param()

    New-Object -ComObject Microsoft.Update.ServiceManager
}

function Get-UpdateCollection {
    # A new, empty Microsoft.Update.UpdateColl with one update in it. The comma keeps PowerShell from unrolling it.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [object] $Update)

    $collection = New-Object -ComObject Microsoft.Update.UpdateColl
    [void]$collection.Add($Update)
    , $collection
}

function Get-ManagedUpdateServer {
    # The URL of the update server that policy sets for this device, or "".
    [CmdletBinding()]
    [OutputType([string])]
    param()

    $key = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
    $policy = Get-ItemProperty -LiteralPath $key -ErrorAction SilentlyContinue
    $automatic = Get-ItemProperty -LiteralPath "$key\AU" -ErrorAction SilentlyContinue
    $used = Get-MemberValue -InputObject $automatic -Name UseWUServer
    if ($used -eq 1) {
        return "$(Get-MemberValue -InputObject $policy -Name WUServer)"
    }
    ''
}

function Get-UpdateSource {
    # Where a search asks: kind, name, server. For "default" it is what this device's policy and agent say.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Kind,
        [AllowEmptyString()] [string] $OfflineCab = ''
    )

    $server = Get-ManagedUpdateServer
    switch ($Kind) {
        'offline' { return @{ kind = 'offline'; name = 'Offline scan file'; server = $OfflineCab } }
        'microsoft_update' { return @{ kind = 'microsoft_update'; name = 'Microsoft Update'; server = '' } }
        'windows_update' { return @{ kind = 'windows_update'; name = 'Windows Update'; server = '' } }
        'managed_server' { return @{ kind = 'managed_server'; name = 'Windows Server Update Service'; server = $server } }
    }
    if ($server) {
        return @{ kind = 'managed_server'; name = 'Windows Server Update Service'; server = $server }
    }
    $source = @{ kind = 'windows_update'; name = 'Windows Update'; server = '' }
    foreach ($service in (Get-UpdateServiceManager).Services) {
        if ((Get-MemberValue -InputObject $service -Name IsDefaultAUService) -eq $true) {
            $source['name'] = "$(Get-MemberValue -InputObject $service -Name Name)"
            if ("$(Get-MemberValue -InputObject $service -Name ServiceID)" -eq '7971f918-a847-4430-9279-4a52d1efe18d') {
                $source['kind'] = 'microsoft_update'
            }
        }
    }
    $source
}

function Get-UpdateSearcher {
    # A searcher that asks the wanted source. ServerSelection: 0 default, 1 managed server, 2 Windows Update, 3 the service
    # named by ServiceID. An offline scan file is registered as a service for as long as the search lasts.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Session,
        [Parameter(Mandatory)] [string] $Kind,
        [AllowEmptyString()] [string] $OfflineCab = ''
    )

    $searcher = $Session.CreateUpdateSearcher()
    switch ($Kind) {
        'default' { $searcher.ServerSelection = 0 }
        'managed_server' { $searcher.ServerSelection = 1 }
        'windows_update' { $searcher.ServerSelection = 2 }
        'microsoft_update' {
            # Flags 3: registered at once or when the service can be reached; not 4, which would hand automatic updates over.
            [void](Get-UpdateServiceManager).AddService2('7971f918-a847-4430-9279-4a52d1efe18d', 3, '')
            $searcher.ServerSelection = 3
            $searcher.ServiceID = '7971f918-a847-4430-9279-4a52d1efe18d'
        }
        'offline' {
            # Flag 1: the service goes away by itself when nobody uses it any more.
            $service = (Get-UpdateServiceManager).AddScanPackageService('Nightshift offline scan', $OfflineCab, 1)
            $searcher.ServerSelection = 3
            $searcher.ServiceID = $service.ServiceID
        }
    }
    $searcher
}

function Find-DeviceUpdate {
    # One search: result_code, warnings (texts), updates (COM objects that have an id and a title), bare (how many have not).
    # Throws what WUA throws.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [object] $Searcher,
        [Parameter(Mandatory)] [string] $Criteria
    )

    $found = $Searcher.Search($Criteria)
    $warnings = @(
        foreach ($warning in (Get-MemberValue -InputObject $found -Name Warnings)) {
            if ($null -ne $warning) {
                $code = Get-MemberValue -InputObject $warning -Name HResult
                if ($null -eq $code) {
                    $code = 0
                }
                $known = Resolve-UpdateError -HResult $code
                $parts = @($known['hresult_hex'], $known['error_name'], "$(Get-MemberValue -InputObject $warning -Name Message)")
                ($parts | Where-Object { $_ }) -join ' '
            }
        }
    )
    $bare = 0
    $updates = New-Object -TypeName System.Collections.ArrayList
    foreach ($update in $found.Updates) {
        if ((Get-UpdateIdentifier -Update $update) -and (Get-MemberValue -InputObject $update -Name Title)) {
            [void]$updates.Add($update)
        }
        else {
            $bare++
        }
    }
    @{ result_code = [int]$found.ResultCode; warnings = $warnings; updates = $updates; bare = $bare }
}

function Get-SearchDoubt {
    # Why what was searched cannot be the whole truth, in words, or "". A broken agent that finds nothing looks like a patched
    # computer, but every Windows has something installed. $Seen: how many updates were seen, missing or installed; $Bare: how
    # many objects without properties.
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)] [int] $Seen,
        [Parameter(Mandatory)] [int] $Bare
    )

    if ($Bare -gt 0) {
        return "$Bare update objects lack their properties; the update agent needs repair"
    }
    if ($Seen -eq 0) {
        return 'the search saw no update at all, neither missing nor installed; the update agent or its source needs attention'
    }
    ''
}
