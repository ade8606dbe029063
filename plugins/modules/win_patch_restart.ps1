#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._DeviceState
#AnsibleRequires -PowerShell ..module_utils._RestartCommand
#AnsibleRequires -PowerShell ..module_utils._ScheduledRestart
#AnsibleRequires -PowerShell ..module_utils._Session

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        countdown = @{ type = 'int'; default = 900 }
        message = @{ type = 'str' }
        only_if_pending = @{ type = 'bool'; default = $true }
        only_if_unused = @{ type = 'bool'; default = $false }
        state = @{ type = 'str'; choices = 'scheduled', 'cancelled', 'reminded'; default = 'scheduled' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

function Invoke-Schedule {
    # Schedules our restart, unless there is one. Gives changed, told, msg, and foreign where shutdown.exe knew of one.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Restart,
        [Parameter(Mandatory)] [string] $BootTime,
        [Parameter(Mandatory)] [int] $Countdown,
        [Parameter(Mandatory)] [string] $Message,
        [Parameter(Mandatory)] [bool] $CheckMode
    )

    if ($Restart['foreign']) {
        return @{ changed = $false; told = 0; foreign = $true; msg = 'A restart or shutdown that is not ours is scheduled; it stands' }
    }
    if ($Restart['ours']) {
        return @{ changed = $false; told = 0; foreign = $false; msg = "Our restart is scheduled already for $($Restart['scheduled_at'])" }
    }
    if ($CheckMode) {
        return @{ changed = $true; told = 0; foreign = $false; msg = "A restart would be scheduled in $Countdown seconds" }
    }
    $code = Start-ScheduledRestart -Countdown $Countdown -Message $Message -BootTime $BootTime
    switch ($code) {
        0 {
            # Windows itself announces it, with our message, in every session.
            $told = @(Get-UserSession).Count
            return @{ changed = $true; told = $told; foreign = $false; msg = "A restart is scheduled in $Countdown seconds" }
        }
        1190 {
            return @{ changed = $false; told = 0; foreign = $true; msg = 'A restart or shutdown that is not ours is scheduled; it stands' }
        }
        1115 {
            return @{ changed = $false; told = 0; foreign = $true; msg = 'The device is shutting down already' }
        }
        default {
            throw "shutdown.exe could not schedule the restart and ended with code $code"
        }
    }
}

function Invoke-Cancel {
    # Calls off our restart, and nobody else's.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Restart,
        [Parameter(Mandatory)] [bool] $CheckMode
    )

    if (-not $Restart['ours']) {
        $text = 'No restart of ours is scheduled'
        if ($Restart['foreign']) {
            $text = 'The scheduled restart or shutdown is not ours; it stands'
        }
        return @{ changed = $false; told = 0; foreign = $Restart['foreign']; msg = $text }
    }
    if ($CheckMode) {
        return @{ changed = $true; told = 0; foreign = $false; msg = 'Our restart would be called off' }
    }
    $code = Stop-ScheduledRestart
    switch ($code) {
        0 { return @{ changed = $true; told = 0; foreign = $false; msg = 'Our restart is called off' } }
        1116 { return @{ changed = $false; told = 0; foreign = $false; msg = 'Our restart had been called off already' } }
        default { throw "shutdown.exe could not call the restart off and ended with code $code" }
    }
}

function Invoke-Reminder {
    # Shows the message in every session somebody is logged on to.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [string] $Message,
        [Parameter(Mandatory)] [bool] $Foreign,
        [Parameter(Mandatory)] [bool] $CheckMode
    )

    $sessions = @(Get-UserSession)
    if ($sessions.Count -eq 0) {
        return @{ changed = $false; told = 0; foreign = $Foreign; msg = 'Nobody is logged on' }
    }
    if ($CheckMode) {
        return @{ changed = $true; told = 0; foreign = $Foreign; msg = "$($sessions.Count) sessions would be shown the message" }
    }
    $told = 0
    foreach ($session in $sessions) {
        if (Send-SessionMessage -SessionId $session.Id -Title 'Updates' -Text $Message) {
            $told++
        }
    }
    @{ changed = $told -gt 0; told = $told; foreign = $Foreign; msg = "$told of $($sessions.Count) sessions were shown the message" }
}

function Get-ActiveSession {
    # The sessions somebody works in: a disconnected one is nobody's.
    [CmdletBinding()]
    param()

    foreach ($session in @(Get-UserSession)) {
        if ($session.Active) {
            $session
        }
    }
}

$state = $module.Params.state
$message = $module.Params.message
if (-not $message) {
    $message = 'This computer restarts soon to finish installing updates. Please save your work.'
    if ($state -eq 'reminded') {
        $message = 'Updates wait for a restart of this computer. Please shut it down or restart it at the end of your work.'
    }
}
if ($message.Length -gt 512) {
    $module.FailJson("message: $($message.Length) characters; Windows shows at most 512, so shorten it")
}
$countdown = $module.Params.countdown
if ($countdown -lt 0 -or $countdown -gt 315360000) {
    $module.FailJson("countdown: $countdown is out of range; use 0 to 315360000 seconds")
}

$bootTime = Get-BootTime
$pending = Get-PendingRestart
if ($pending['warning']) {
    $module.Warn($pending['warning'])
}
$restart = Get-ScheduledRestart -BootTime $bootTime
$common = @{ CheckMode = $module.CheckMode }
if ($state -eq 'cancelled') {
    $done = Invoke-Cancel -Restart $restart @common
}
elseif ($module.Params.only_if_pending -and -not $pending['record']['required']) {
    $done = @{ changed = $false; told = 0; foreign = $restart['foreign']; msg = 'Nothing on this device waits for a restart' }
}
elseif ($state -eq 'reminded') {
    $done = Invoke-Reminder -Message $message -Foreign $restart['foreign'] @common
}
elseif ($module.Params.only_if_unused -and @(Get-ActiveSession).Count -gt 0) {
    $done = @{ changed = $false; told = 0; foreign = $restart['foreign']; msg = 'Somebody is logged on; nothing is restarted' }
}
else {
    $done = Invoke-Schedule -Restart $restart -BootTime $bootTime -Countdown $countdown -Message $message @common
}

if (-not $module.CheckMode) {
    $restart = Get-ScheduledRestart -BootTime $bootTime
}
if ($done['foreign']) {
    $restart['foreign'] = $true
}
$module.Result.changed = $done['changed']
$module.Result.restart = $restart
$module.Result.pending_restart = $pending['record']
$module.Result.told = $done['told']
$module.Result.boot_time = $bootTime
$module.Result.msg = $done['msg']
$module.ExitJson()
