#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._SeatFact

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        files = @{
            type = 'list'
            elements = 'dict'
            options = @{
                path = @{ type = 'str'; required = $true }
                sha256 = @{ type = 'str' }
            }
        }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

$seat = Get-SeatRecord -File $module.Params.files
foreach ($fact in @($seat['unread'].Keys | Sort-Object)) {
    $module.Warn("${fact}: $($seat['unread'][$fact])")
}
$module.Result.changed = $false
$module.Result.seat = $seat
$module.Result.time = Format-Instant -Value (Get-DeviceTime)
$module.ExitJson()
