# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# An update of the Windows Update Agent as the record of docs/device-protocol.md. WUA's objects do come without properties.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile

Set-StrictMode -Version 3.0

function Get-MemberValue {
    # A property's value, or $null where the object lacks it or the call fails: WUA objects do come without properties.
    [CmdletBinding()]
    param(
        [AllowNull()] [object] $InputObject,
        [Parameter(Mandatory)] [string] $Name
    )

    try {
        $InputObject.$Name
    }
    catch {
        $null
    }
}

function Get-UpdateIdentifier {
    # The UpdateID of an update object, or "" when the object lacks it.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [object] $Update)

    $identity = Get-MemberValue -InputObject $Update -Name Identity
    "$(Get-MemberValue -InputObject $identity -Name UpdateID)"
}

function Get-CategoryName {
    # The name of a category of an update, or "". WUA gives names in the language of the device; classifications that have a
    # well-known CategoryID ("WSUS Classification GUIDs" and "Windows Update for Business" at learn.microsoft.com) have their
    # English name here.
    [CmdletBinding()]
    [OutputType([string])]
    param([AllowNull()] [object] $Category)

    switch ("$(Get-MemberValue -InputObject $Category -Name CategoryID)") {
        '0fa1201d-4330-4fa8-8ae9-b877473b6441' { return 'Security Updates' }
        '28bc880e-0592-4cbf-8f95-c79b17911d5f' { return 'Update Rollups' }
        '3689bdc8-b205-4af4-8d4a-a63924c5e9d5' { return 'Upgrades' }
        '68c5b0a3-d1a6-4553-ae49-01d3a7827828' { return 'Service Packs' }
        'b4832bd8-e735-4761-8daf-37f882276dab' { return 'Tools' }
        'b54e7d24-7add-428f-8b75-90a396fa584f' { return 'Feature Packs' }
        'cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83' { return 'Updates' }
        'e0789628-ce08-4437-be74-2495b842f43b' { return 'Definition Updates' }
        'e6cf1350-c01b-414d-a61f-263d14d133b4' { return 'Critical Updates' }
        'ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0' { return 'Drivers' }
    }
    "$(Get-MemberValue -InputObject $Category -Name Name)"
}

function ConvertTo-UpdateRecord {
    # One update object as the record of docs/device-protocol.md.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [object] $Update)

    $identity = Get-MemberValue -InputObject $Update -Name Identity
    $behaviour = Get-MemberValue -InputObject $Update -Name InstallationBehavior
    $restart = 'can_request'
    switch ("$(Get-MemberValue -InputObject $behaviour -Name RebootBehavior)") {
        '0' { $restart = 'never' }
        '1' { $restart = 'always' }
    }
    $released = Get-MemberValue -InputObject $Update -Name LastDeploymentChangeTime
    if ($released -is [datetime]) {
        # WUA gives UTC without saying so.
        $released = Format-Instant -Value ([datetime]::SpecifyKind($released, [System.DateTimeKind]::Utc))
    }
    else {
        $released = $null
    }
    $size = Get-MemberValue -InputObject $Update -Name MaxDownloadSize
    if ($null -eq $size) {
        $size = 0
    }
    $revision = Get-MemberValue -InputObject $identity -Name RevisionNumber
    if ($null -eq $revision) {
        $revision = 0
    }
    @{
        id = "$(Get-MemberValue -InputObject $identity -Name UpdateID)"
        revision = [int]$revision
        provider = 'windows_update'
        title = "$(Get-MemberValue -InputObject $Update -Name Title)"
        kbs = @(foreach ($article in (Get-MemberValue -InputObject $Update -Name KBArticleIDs)) { if ($article) { "KB$article" } })
        severity = "$(Get-MemberValue -InputObject $Update -Name MsrcSeverity)"
        categories = @(
            foreach ($category in (Get-MemberValue -InputObject $Update -Name Categories)) {
                $name = Get-CategoryName -Category $category
                if ($name) { $name }
            }
        )
        cves = @(foreach ($cve in (Get-MemberValue -InputObject $Update -Name CveIDs)) { if ($cve) { "$cve" } })
        size = [long]$size
        downloaded = [bool](Get-MemberValue -InputObject $Update -Name IsDownloaded)
        restart = $restart
        can_request_user_input = [bool](Get-MemberValue -InputObject $behaviour -Name CanRequestUserInput)
        supersedes = @(foreach ($old in (Get-MemberValue -InputObject $Update -Name SupersededUpdateIDs)) { if ($old) { "$old" } })
        released = $released
        uninstallable = [bool](Get-MemberValue -InputObject $Update -Name IsUninstallable)
    }
}
