# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The folder in which Nightshift keeps what it knows on a device, closed to everybody but SYSTEM and administrators.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile

Set-StrictMode -Version 3.0

function Get-FolderSecurity {
    # Full control for SYSTEM and the Administrators group, nobody else, nothing inherited. By SID: names are localised.
    [CmdletBinding()]
    param()

    $security = New-Object -TypeName System.Security.AccessControl.DirectorySecurity
    $security.SetAccessRuleProtection($true, $false)
    foreach ($sid in 'S-1-5-18', 'S-1-5-32-544') {
        $identity = New-Object -TypeName System.Security.Principal.SecurityIdentifier -ArgumentList $sid
        $security.AddAccessRule((New-Object -TypeName System.Security.AccessControl.FileSystemAccessRule -ArgumentList @(
                    $identity,
                    [System.Security.AccessControl.FileSystemRights]::FullControl,
                    [System.Security.AccessControl.InheritanceFlags]'ContainerInherit, ObjectInherit',
                    [System.Security.AccessControl.PropagationFlags]::None,
                    [System.Security.AccessControl.AccessControlType]::Allow)))
    }
    $administrators = New-Object -TypeName System.Security.Principal.SecurityIdentifier -ArgumentList 'S-1-5-32-544'
    $security.SetOwner($administrators)
    $security
}

function Initialize-DataFolder {
    # Makes Nightshift's folder and closes it. Everyone may create folders in ProgramData: one that an ordinary user made
    # before us, or that is a link to somewhere else, is refused, for SYSTEM will run what lies in it.
    [CmdletBinding()]
    param()

    $path = Get-DataFolder
    $security = Get-FolderSecurity
    if ([System.IO.Directory]::Exists($path)) {
        if ([System.IO.File]::GetAttributes($path) -band [System.IO.FileAttributes]::ReparsePoint) {
            throw "$path is a link; remove it"
        }
        $owner = [System.IO.Directory]::GetAccessControl($path).GetOwner([System.Security.Principal.SecurityIdentifier]).Value
        if ($owner -ne 'S-1-5-18' -and $owner -ne 'S-1-5-32-544') {
            throw "$path belongs to $owner, not to SYSTEM or the Administrators group; look into it and remove it"
        }
        [System.IO.Directory]::SetAccessControl($path, $security)
    }
    else {
        [void][System.IO.Directory]::CreateDirectory($path, $security)
    }
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::Combine($path, 'jobs'))
}
