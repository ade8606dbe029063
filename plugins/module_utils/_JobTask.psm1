# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The scheduled task behind a device job. WUA refuses to download and install from a network logon, so a job runs as a
# task of SYSTEM (the well-known SID: account names are localised), and goes on when the connection is gone.

Set-StrictMode -Version 3.0

function Get-JobTaskFolder {
    [CmdletBinding()]
    param()

    $scheduler = New-Object -ComObject Schedule.Service
    [void]$scheduler.Connect()
    $scheduler.GetFolder('\')
}

function Get-JobTask {
    # The registered task of a job, or $null. Listed and compared, for GetTask() throws when there is none; 1: hidden ones too.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [object] $Folder,
        [Parameter(Mandatory)] [string] $Id
    )

    $tasks = $Folder.GetTasks(1)
    for ($index = 1; $index -le $tasks.Count; $index++) {
        $task = $tasks.Item($index)
        if ($task.Name -eq "nightshift-$Id") {
            return $task
        }
    }
}

function Start-JobTask {
    # Registers and starts the one-shot task of a job whose folder is ready. Throws when the task cannot be started.
    # The script is read and run as text: an execution policy set by group policy does not stop it, a lockdown policy does.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string] $TimeLimit
    )

    $folder = Get-JobTaskFolder
    $scheduler = New-Object -ComObject Schedule.Service
    [void]$scheduler.Connect()
    $definition = $scheduler.NewTask(0)
    $definition.RegistrationInfo.Description = 'A job of the Ansible collection nightshift.fleet'

    $definition.Principal.UserId = 'S-1-5-18'
    $definition.Principal.LogonType = 5  # TASK_LOGON_SERVICE_ACCOUNT
    $definition.Principal.RunLevel = 1  # TASK_RUNLEVEL_HIGHEST

    $definition.Settings.Enabled = $true
    $definition.Settings.AllowDemandStart = $true
    $definition.Settings.DisallowStartIfOnBatteries = $false
    $definition.Settings.StopIfGoingOnBatteries = $false
    $definition.Settings.MultipleInstances = 2  # TASK_INSTANCES_IGNORE_NEW
    $definition.Settings.ExecutionTimeLimit = $TimeLimit  # an agent that hangs for ever must not own the device for ever

    $script = [System.IO.Path]::Combine($Path, 'job.ps1')
    $run = "& ([ScriptBlock]::Create([System.IO.File]::ReadAllText('{0}'))) -JobPath '{1}'" -f $script, $Path
    $action = $definition.Actions.Create(0)  # TASK_ACTION_EXEC
    $action.Path = [System.IO.Path]::Combine(
        [System.Environment]::SystemDirectory, 'WindowsPowerShell\v1.0\powershell.exe')
    $action.Arguments = '-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "{0}"' -f $run

    # 2: create, and fail if it is there. 5: as the principal says.
    $task = $folder.RegisterTaskDefinition("nightshift-$Id", $definition, 2, $null, $null, 5)
    [void]$task.RunEx($null, 2, 0, '')  # 2: TASK_RUN_IGNORE_CONSTRAINTS
}

function Test-JobTask {
    # Whether the task of a job is queued (2) or running (4).
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory)] [string] $Id)

    $task = Get-JobTask -Folder (Get-JobTaskFolder) -Id $Id
    if ($null -eq $task) {
        return $false
    }
    $task.State -eq 2 -or $task.State -eq 4
}

function Remove-JobTask {
    # Removes the task of a job, if there is one. A process that it started goes on to its own end.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Id)

    $folder = Get-JobTaskFolder
    if ($null -ne (Get-JobTask -Folder $folder -Id $Id)) {
        [void]$folder.DeleteTask("nightshift-$Id", 0)
    }
}
