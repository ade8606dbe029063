# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The job that installs, downloads or uninstalls: one update at a time, so that one failure never costs the others.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._JobProgress
#AnsibleRequires -PowerShell ..module_utils._UpdateError
#AnsibleRequires -PowerShell ..module_utils._UpdateRecord
#AnsibleRequires -PowerShell ..module_utils._UpdateResult
#AnsibleRequires -PowerShell ..module_utils._VendorPackage
#AnsibleRequires -PowerShell ..module_utils._WindowsUpdate

Set-StrictMode -Version 3.0

function Test-TimeLeft {
    # Whether something that takes this many minutes may still start.
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory)] [System.Collections.IDictionary] $Spec)

    $deadline = ConvertTo-Instant -Text $Spec['deadline']
    if ($null -eq $deadline) {
        return $true
    }
    $now = Get-DeviceTime
    $now -lt $deadline -and $now.AddMinutes([int]$Spec['expected_minutes']) -le $deadline
}

function Invoke-UpdateCall {
    # Runs one WUA call on one update and gives result_code, hresult and restart_required, also when the call throws.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [scriptblock] $Call)

    try {
        $answer = (& $Call).GetUpdateResult(0)
        @{
            result_code = [int]$answer.ResultCode
            hresult = [long]$answer.HResult
            restart_required = [bool](Get-MemberValue -InputObject $answer -Name RebootRequired)
        }
    }
    catch {
        @{ result_code = 4; hresult = (Get-ExceptionHResult -Exception $_.Exception); restart_required = $false }
    }
}

function Get-RefusalReason {
    # Why an update is not to be run at all: @{ class; reason; hresult }, or $null when it may run.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [object] $Update
    )

    $behaviour = Get-MemberValue -InputObject $Update -Name InstallationBehavior
    if ($Spec['kind'] -eq 'uninstall') {
        if (-not (Get-MemberValue -InputObject $Update -Name IsUninstallable)) {
            return @{
                class = 'needs_person'
                reason = 'The update agent cannot uninstall this update; remove it with the tool of its vendor'
                hresult = 2149842984  # WU_E_UNINSTALL_NOT_ALLOWED
            }
        }
        return $null
    }
    if ((Get-MemberValue -InputObject $behaviour -Name CanRequestUserInput) -eq $true) {
        return @{ class = 'needs_person'; reason = 'The update can ask for user input, so it was not run'; hresult = 0 }
    }
    if ((Get-MemberValue -InputObject $Update -Name EulaAccepted) -eq $false) {
        if (-not $Spec['accept_eula']) {
            return @{ class = 'needs_person'; reason = 'The licence terms of the update are not accepted'; hresult = 0 }
        }
        [void]$Update.AcceptEula()
    }
    $null
}

function Invoke-OneUpdate {
    # Downloads, installs or uninstalls one update and gives its result record. $Session and $Update are COM objects.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [object] $Session,
        [Parameter(Mandatory)] [object] $Update
    )

    $named = @{ Id = Get-UpdateIdentifier -Update $Update; Title = "$(Get-MemberValue -InputObject $Update -Name Title)" }
    $startedAt = Get-DeviceTime
    $refusal = Get-RefusalReason -Spec $Spec -Update $Update
    if ($null -ne $refusal) {
        return Get-RefusedResult @named -Outcome failed -Class $refusal['class'] -Reason $refusal['reason'] -HResult $refusal['hresult']
    }
    $collection = Get-UpdateCollection -Update $Update

    if ($Spec['kind'] -ne 'uninstall' -and -not (Get-MemberValue -InputObject $Update -Name IsDownloaded)) {
        $downloader = $Session.CreateUpdateDownloader()
        $downloader.Updates = $collection
        $answer = Invoke-UpdateCall -Call { $downloader.Download() }
        if ($Spec['kind'] -eq 'download' -or $answer['result_code'] -ne 2) {
            return Get-UpdateResult @named -ResultCode $answer['result_code'] -HResult $answer['hresult'] -StartedAt $startedAt
        }
        if (-not (Test-TimeLeft -Spec $Spec)) {
            return Get-RefusedResult @named -Outcome not_started -Reason 'Downloaded; the deadline came before the installation'
        }
    }
    elseif ($Spec['kind'] -eq 'download') {
        return Get-UpdateResult @named -ResultCode 2 -HResult 2359304 -StartedAt $startedAt  # WU_S_ALREADY_DOWNLOADED
    }

    $installer = $Session.CreateUpdateInstaller()
    $installer.AllowSourcePrompts = $false
    $installer.ForceQuiet = $true
    $installer.Updates = $collection
    if ($Spec['kind'] -eq 'uninstall') {
        $answer = Invoke-UpdateCall -Call { $installer.Uninstall() }
    }
    else {
        $answer = Invoke-UpdateCall -Call { $installer.Install() }
    }
    $ended = @{
        ResultCode = $answer['result_code']
        HResult = $answer['hresult']
        RestartRequired = $answer['restart_required']
        StartedAt = $startedAt
    }
    Get-UpdateResult @named @ended
}

function Find-WantedUpdate {
    # The COM objects of the ids in $Id: `ready` (id -> update to act on) and `done` (id -> update already as asked). The
    # second search is only made when the first did not know every id. Throws what WUA throws; `problem` is @{ reason; class }
    # where the searches ended but cannot be believed, else $null: what they did not see may well be there.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [string[]] $Id,
        [Parameter(Mandatory)] [object] $Session
    )

    $criteria = @{ ready = 'IsInstalled=0 and IsHidden=0'; done = 'IsInstalled=1 and IsHidden=0' }
    if ($Spec['kind'] -eq 'uninstall') {
        $criteria = @{ ready = 'IsInstalled=1 and IsHidden=0'; done = 'IsInstalled=0 and IsHidden=0' }
    }
    $searcher = Get-UpdateSearcher -Session $Session -Kind $Spec['source'] -OfflineCab $Spec['offline_cab']
    $wanted = @{ ready = @{}; done = @{}; problem = $null }
    $seen = 0
    $bare = 0
    foreach ($group in 'ready', 'done') {
        if ($wanted['ready'].Count + $wanted['done'].Count -lt $Id.Count) {
            $found = Find-DeviceUpdate -Searcher $searcher -Criteria $criteria[$group]
            if ($found['result_code'] -ne 2 -and $found['result_code'] -ne 3) {
                $wanted['problem'] = @{ reason = "it ended with result code $($found['result_code'])"; class = 'transient' }
                return $wanted
            }
            $seen += $found['updates'].Count
            $bare += $found['bare']
            foreach ($update in $found['updates']) {
                $one = Get-UpdateIdentifier -Update $update
                if ($Id -contains $one) {
                    $wanted[$group][$one] = $update
                }
            }
        }
    }
    if ($wanted['ready'].Count + $wanted['done'].Count -lt $Id.Count) {
        $doubt = Get-SearchDoubt -Seen $seen -Bare $bare
        if ($doubt) {
            $wanted['problem'] = @{ reason = $doubt; class = 'repair_first' }
        }
    }
    $wanted
}

function Resolve-AgentUpdate {
    # How a wanted id of the update agent stands now: @{ title; result }, the result $null where there is something to run.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [hashtable] $Wanted
    )

    if ($Wanted['done'].ContainsKey($Id)) {
        $title = "$(Get-MemberValue -InputObject $Wanted['done'][$Id] -Name Title)"
        $code = 2359302  # WU_S_ALREADY_INSTALLED
        if ($Spec['kind'] -eq 'uninstall') {
            $code = 2359303  # WU_S_ALREADY_UNINSTALLED
        }
        return @{ title = $title; result = Get-UpdateResult -Id $Id -Title $title -ResultCode 0 -HResult $code }
    }
    $update = $Wanted['ready'][$Id]
    if ($null -eq $update) {
        return @{ title = ''; result = Get-UpdateResult -Id $Id -ResultCode 0 -HResult 2149842967 }  # WU_E_NOT_APPLICABLE
    }
    @{ title = "$(Get-MemberValue -InputObject $update -Name Title)"; result = $null }
}

function Invoke-ChangeJob {
    # Installs, downloads or uninstalls what spec.json names, in its order. Fills $Progress['results'].
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Spec,
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Progress
    )

    $late = 'The deadline left no time for it'
    if (-not (Test-TimeLeft -Spec $Spec)) {
        foreach ($id in $Spec['updates']) {
            [void]$Progress['results'].Add((Get-RefusedResult -Id $id -Outcome not_started -Reason $late))
        }
        return
    }
    $session = $null
    $code = 0
    $problem = $null
    $wanted = @{ ready = @{}; done = @{} }
    $asked = @($Spec['updates'] | Where-Object { $null -eq (Split-VendorIdentifier -Id $_) })
    if ($asked.Count -gt 0) {
        try {
            $session = Get-UpdateSession
            $wanted = Find-WantedUpdate -Spec $Spec -Id $asked -Session $session
            $problem = $wanted['problem']
        }
        catch {
            $code = Get-ExceptionHResult -Exception $_.Exception
            $known = Resolve-UpdateError -HResult $code
            $problem = @{ reason = "$($_.Exception.Message)"; class = $known['error_class'] }
            if ($known['error_name']) {
                $problem['reason'] = @($known['hresult_hex'], $known['error_name'], $known['error_text'] | Where-Object { $_ }) -join ' '
            }
        }
        if ($null -ne $problem) {
            $problem['reason'] = "The search before the work failed: $($problem['reason'])"
        }
    }
    $listing = @{}
    foreach ($id in $Spec['updates']) {
        if ($asked -notcontains $id) {
            $found = Resolve-VendorUpdate -Spec $Spec -Id $id -Listing $listing -Path $Path
        }
        elseif ($null -ne $problem) {
            $refused = @{ Id = $id; Outcome = 'not_started'; Class = $problem['class']; Reason = $problem['reason']; HResult = $code }
            $found = @{ title = ''; result = Get-RefusedResult @refused }
        }
        else {
            $found = Resolve-AgentUpdate -Spec $Spec -Id $id -Wanted $wanted
        }
        $result = $found['result']
        if ($null -eq $result -and -not (Test-TimeLeft -Spec $Spec)) {
            $result = Get-RefusedResult -Id $id -Title $found['title'] -Outcome not_started -Reason $late
        }
        if ($null -eq $result) {
            $Progress['current'] = $id
            $Progress['current_title'] = $found['title']
            $Progress['current_started_at'] = Format-Instant -Value (Get-DeviceTime)
            Save-JobProgress -Path $Path -Progress $Progress
            Write-JobLog -Path $Path -Text "$($Spec['kind']) $id $($found['title'])"
            if ($asked -contains $id) {
                $result = Invoke-OneUpdate -Spec $Spec -Session $session -Update $wanted['ready'][$id]
            }
            else {
                $result = Invoke-VendorUpdate -Spec $Spec -Id $id -Title $found['title']
            }
            Write-JobLog -Path $Path -Text "$($result['outcome']) $id $($result['hresult_hex']) $($result['error_name'])"
        }
        [void]$Progress['results'].Add($result)
        $Progress['current'] = ''
        $Progress['current_title'] = ''
        $Progress['current_started_at'] = $null
        Save-JobProgress -Path $Path -Progress $Progress
    }
    if ($null -ne $problem) {
        throw $problem['reason']
    }
}
