#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._JobRecord
#AnsibleRequires -PowerShell ..module_utils._SysprepState

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        unattend = @{ type = 'str'; required = $true }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

function Get-Leftover {
    # The files, by name, that no clone may have of this collection.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    $found = @{}
    foreach ($name in 'scan.json', 'restart.json', 'run.json') {
        $path = [System.IO.Path]::Combine((Get-DataFolder), $name)
        if ([System.IO.File]::Exists($path)) {
            $found[$name] = $path
        }
    }
    $found
}

$state = Get-ImageState
$command = Get-SysprepCommand -Unattend $module.Params.unattend
$module.Result.changed = $false
$module.Result.started = $false
$module.Result.removed = @()
$module.Result.image_state = $state
$module.Result.command = $command
$module.Result.msg = ''

if ($state -match 'GENERALIZE') {
    $module.Result.msg = 'This PC is generalised already; it must not start Windows before its disk is captured'
    $module.ExitJson()
}
if (Test-SysprepProcess) {
    $module.Result.msg = 'Sysprep runs already'
    $module.ExitJson()
}
if (-not (Read-DeviceFile -Path $module.Params.unattend)) {
    $module.FailJson("unattend: $($module.Params.unattend) is missing or empty; without it every clone asks its first user")
}
$jobs = @(Get-DeviceJob)
foreach ($job in $jobs) {
    if ($job['state'] -eq 'running') {
        $module.FailJson("Job $($job['id']) runs; wait for its end")
    }
}

$leftovers = Get-Leftover
$module.Result.changed = $true
$names = @($leftovers.Keys) + @(foreach ($job in $jobs) { "jobs/$($job['id'])" })
$module.Result.removed = @($names | Sort-Object)
if ($module.CheckMode) {
    $module.Result.msg = 'Sysprep would generalise this PC and switch it off'
    $module.ExitJson()
}
$lock = Enter-JobLock
try {
    foreach ($job in $jobs) {
        Remove-DeviceJob -Id $job['id']
    }
    foreach ($path in @($leftovers.Values)) {
        [System.IO.File]::Delete($path)
    }
}
finally {
    $lock.Dispose()
}
Start-SysprepProcess -Command $command
$module.Result.started = $true
$module.Result.msg = 'Sysprep generalises this PC and switches it off'
$module.ExitJson()
