#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._DataFolder
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._WakeCall

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        delay = @{ type = 'int'; default = 60 }
        key = @{ type = 'str'; no_log = $true }
        state = @{ type = 'str'; choices = 'present', 'absent'; default = 'present' }
        url = @{ type = 'str' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

$present = $module.Params.state -eq 'present'
$url = $module.Params.url
$delay = $module.Params.delay
if ($present) {
    if (-not $url -or $url -notmatch '^https://') {
        $module.FailJson("url: '$url' is not an https address; write AWX's callback address, as https://awx.example.org/api/v2/job_templates/11/callback/")
    }
    if (-not $module.Params.key) {
        $module.FailJson('key: it is missing; write the host_config_key of the template')
    }
    if ($delay -lt 0 -or $delay -gt 3600) {
        $module.FailJson("delay: $delay is out of range; use 0 to 3600 seconds")
    }
}

$file = Get-WakePath -Name 'wake.json'
$script = Get-WakePath -Name 'wake.ps1'
$held = @{}
try {
    $read = Read-JsonFile -Path $file
    if ($null -ne $read) {
        $held = $read
    }
}
catch {
    $held = @{ url = ''; key = '' }  # cut off: written anew
}
$task = Get-WakeTask
$description = "Nightshift calls AWX when this device wakes ($delay s)"

$shown = @{ before = @{}; after = @{} }
if ($held.Count -gt 0 -or $null -ne $task) {
    $shown['before'] = @{ url = "$($held['url'])"; task = "$task" }
}
if ($present) {
    $shown['after'] = @{ url = $url; task = $description }
    $changed = "$($held['url'])" -cne $url -or "$($held['key'])" -cne $module.Params.key -or
    "$task" -cne $description -or (Read-DeviceFile -Path $script) -cne (Get-WakeScript)
}
else {
    $changed = $null -ne $task -or [System.IO.File]::Exists($file) -or [System.IO.File]::Exists($script)
}

if ($changed -and -not $module.CheckMode) {
    if ($present) {
        Initialize-DataFolder
        Write-JsonFile -Path $file -Value @{ url = $url; key = $module.Params.key }
        Write-DeviceFile -Path $script -Text (Get-WakeScript)
        Register-WakeTask -Description $description -Delay $delay
    }
    else {
        if ($null -ne $task) {
            Unregister-WakeTask
        }
        [System.IO.File]::Delete($file)
        [System.IO.File]::Delete($script)
    }
}

$module.Diff['before'] = $shown['before']
$module.Diff['after'] = $shown['after']
$module.Result.changed = $changed
$module.Result.registered = $present
$module.ExitJson()
