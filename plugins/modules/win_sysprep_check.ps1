#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._SysprepCheck

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        unattend = @{ type = 'str'; required = $true }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

$record = Get-SysprepRecord -Unattend $module.Params.unattend
foreach ($fact in @($record['unread'].Keys | Sort-Object)) {
    $module.Warn("${fact}: $($record['unread'][$fact])")
}
$module.Result.changed = $false
$module.Result.sysprep = $record
$module.Result.time = Format-Instant -Value (Get-DeviceTime)
$module.ExitJson()
