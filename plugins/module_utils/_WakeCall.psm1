# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The task with which a device that was switched on, or woke, calls AWX. It runs as SYSTEM; whom it calls, and with which key, is in a
# file of the data folder, which only SYSTEM and administrators read.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile

Set-StrictMode -Version 3.0

function Get-WakePath {
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [string] $Name)

    [System.IO.Path]::Combine((Get-DataFolder), $Name)
}

function Get-WakeScript {
    # What the task runs. AWX answers 201 when it has made a job, 400 when one waits already or it knows no such device, 403 for
    # a wrong key; nothing of that is better after a while. No answer may be: the network comes up late.
    [CmdletBinding()]
    [OutputType([string])]
    param()

    @'
param([string] $Path)
Set-StrictMode -Version 3.0
$call = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($Path))
[System.Net.ServicePointManager]::SecurityProtocol = [System.Net.SecurityProtocolType]::Tls12
for ($try = 1; $try -le 10; $try++) {
    try {
        [void](Invoke-WebRequest -Uri $call.url -Method Post -Body @{ host_config_key = $call.key } -UseBasicParsing -TimeoutSec 60)
        exit 0
    }
    catch [System.Net.WebException] {
        if ($null -ne $_.Exception.Response -and [int]$_.Exception.Response.StatusCode -lt 500) {
            exit 1
        }
    }
    Start-Sleep -Seconds 60
}
exit 2
'@
}

function Get-WakeTask {
    # What the description of the registered task says, or $null where there is none.
    [CmdletBinding()]
    param()

    $scheduler = New-Object -ComObject Schedule.Service
    [void]$scheduler.Connect()
    $tasks = $scheduler.GetFolder('\').GetTasks(1)  # 1: hidden ones too
    for ($index = 1; $index -le $tasks.Count; $index++) {
        $task = $tasks.Item($index)
        if ($task.Name -eq 'nightshift-wake') {
            return "$($task.Definition.RegistrationInfo.Description)"
        }
    }
}

function Register-WakeTask {
    # Registers the task, in place of one that is there.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Description,
        [Parameter(Mandatory)] [int] $Delay
    )

    $scheduler = New-Object -ComObject Schedule.Service
    [void]$scheduler.Connect()
    $definition = $scheduler.NewTask(0)
    $definition.RegistrationInfo.Description = $Description

    $definition.Principal.UserId = 'S-1-5-18'
    $definition.Principal.LogonType = 5  # TASK_LOGON_SERVICE_ACCOUNT
    $definition.Principal.RunLevel = 1  # TASK_RUNLEVEL_HIGHEST

    $definition.Settings.Enabled = $true
    $definition.Settings.AllowDemandStart = $true
    $definition.Settings.DisallowStartIfOnBatteries = $false
    $definition.Settings.StopIfGoingOnBatteries = $false
    $definition.Settings.MultipleInstances = 2  # TASK_INSTANCES_IGNORE_NEW
    $definition.Settings.ExecutionTimeLimit = 'PT30M'

    $boot = $definition.Triggers.Create(8)  # TASK_TRIGGER_BOOT
    $boot.Delay = "PT${Delay}S"
    $wake = $definition.Triggers.Create(0)  # TASK_TRIGGER_EVENT: the device comes back from sleep
    $wake.Delay = "PT${Delay}S"
    $wake.Subscription = '<QueryList><Query Id="0" Path="System"><Select Path="System">' +
    "*[System[Provider[@Name='Microsoft-Windows-Power-Troubleshooter'] and EventID=1]]</Select></Query></QueryList>"

    $run = "& ([ScriptBlock]::Create([System.IO.File]::ReadAllText('{0}'))) -Path '{1}'" -f @(
        (Get-WakePath -Name 'wake.ps1'), (Get-WakePath -Name 'wake.json'))
    $action = $definition.Actions.Create(0)  # TASK_ACTION_EXEC
    $action.Path = [System.IO.Path]::Combine(
        [System.Environment]::SystemDirectory, 'WindowsPowerShell\v1.0\powershell.exe')
    $action.Arguments = '-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "{0}"' -f $run

    # 6: create, or put in its place. 5: as the principal says.
    [void]$scheduler.GetFolder('\').RegisterTaskDefinition('nightshift-wake', $definition, 6, $null, $null, 5)
}

function Unregister-WakeTask {
    [CmdletBinding()]
    param()

    $scheduler = New-Object -ComObject Schedule.Service
    [void]$scheduler.Connect()
    $scheduler.GetFolder('\').DeleteTask('nightshift-wake', 0)
}
