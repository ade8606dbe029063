# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# What an HRESULT of the Windows Update Agent, or of winget, is called, means and asks for. Names: wuerror.h and winerror.h of
# the Windows SDK, of wuerror.h those that a search, a download or an installation can end with, and winget's return codes, of
# them those of an upgrade or a removal; meanings: theirs in few words, for this file travels with every module that can start
# a job. A code that is not here has no name and keeps its number.

Set-StrictMode -Version 3.0

# One line each: eight hexadecimal digits, name, meaning.
$script:UpdateErrorTable = @'
00240001 WU_S_SERVICE_STOP The update agent was stopped
00240002 WU_S_SELFUPDATE The update agent updated itself
00240003 WU_S_UPDATE_ERROR Done, with errors while applying the updates
00240005 WU_S_REBOOT_REQUIRED A restart is needed to complete the installation
00240006 WU_S_ALREADY_INSTALLED The update is installed already
00240007 WU_S_ALREADY_UNINSTALLED The update is not installed
00240008 WU_S_ALREADY_DOWNLOADED The update is downloaded already
00240009 WU_S_SOME_UPDATES_SKIPPED_ON_BATTERY Done, but some updates were skipped on battery
0024000A WU_S_ALREADY_REVERTED The update is not there to be reverted
00240010 WU_S_SEARCH_CRITERIA_NOT_SUPPORTED The update service does not know the search criteria
00242015 WU_S_UH_INSTALLSTILLPENDING The installation is still in progress
00246001 WU_S_DM_ALREADYDOWNLOADING The update is being downloaded already
00248001 WU_S_SEARCH_LOAD_SHEDDING Done, but an update service was overloaded
80004004 E_ABORT The operation was aborted
80004005 E_FAIL Unspecified failure
8000FFFF E_UNEXPECTED Unexpected failure
80070002 ERROR_FILE_NOT_FOUND A file that is needed was not found
80070003 ERROR_PATH_NOT_FOUND A path that is needed was not found
80070005 E_ACCESSDENIED Access was denied
8007000D ERROR_INVALID_DATA The data is invalid
8007000E E_OUTOFMEMORY There was not enough memory
80070020 ERROR_SHARING_VIOLATION A file was in use by another process
80070070 ERROR_DISK_FULL There is not enough space on the disk
80070422 ERROR_SERVICE_DISABLED The Windows Update service, or one that it needs, is disabled
8007043C ERROR_NOT_SAFEBOOT_SERVICE The service cannot start in safe mode
8007045B ERROR_SHUTDOWN_IN_PROGRESS The system is shutting down
800705B4 ERROR_TIMEOUT The time limit was exceeded
80070641 ERROR_INSTALL_SERVICE_FAILURE The Windows Installer service could not be reached
80070643 ERROR_INSTALL_FAILURE The installer failed
80070652 ERROR_INSTALL_ALREADY_RUNNING Another installation is in progress
80070BC2 ERROR_SUCCESS_REBOOT_REQUIRED Done; a restart is needed to complete it
80070BC9 ERROR_FAIL_REBOOT_REQUIRED Failed; a restart is needed before it can be tried again
80070BCA ERROR_FAIL_REBOOT_INITIATED Failed; a restart to roll it back has been started
80072EE2 WININET_E_TIMEOUT The connection to the update service timed out
80072EE7 WININET_E_NAME_NOT_RESOLVED The name of the update service could not be resolved
80072EFD WININET_E_CANNOT_CONNECT The update service could not be reached
80072EFE WININET_E_CONNECTION_ABORTED The connection to the update service was cut
80072EFF WININET_E_CONNECTION_RESET The connection to the update service was reset
80072F8F WININET_E_DECODING_FAILED The certificate of the update service was not accepted; look at the clock of the device
80073701 ERROR_SXS_ASSEMBLY_MISSING A component that the update refers to is missing from the component store
80073712 ERROR_SXS_COMPONENT_STORE_CORRUPT The component store is damaged
8007371B ERROR_SXS_TRANSACTION_CLOSURE_INCOMPLETE Parts are missing from the component store
80092004 CRYPT_E_NOT_FOUND The update is signed in a way that this system does not know
800B0109 CERT_E_UNTRUSTEDROOT The certificate chain ends in a root that is not trusted
800F0805 CBS_E_INVALID_PACKAGE The update package is not valid
800F081E CBS_E_NOT_APPLICABLE The update does not apply to this system
800F081F CBS_E_SOURCE_MISSING Files are missing from the component store
800F0823 CBS_E_NEW_SERVICING_STACK_REQUIRED The servicing stack must be updated first
800F0826 CBS_E_INTERNAL_ERROR The servicing stack failed while it installed the update
800F0831 CBS_E_STORE_CORRUPTION The component store is damaged
800F0900 CBS_E_XML_PARSER_FAILURE The component store is damaged
800F0920 CBS_E_HANG_DETECTED The servicing stack stopped answering
800F0922 CBS_E_INSTALLERS_FAILED An installer of the update failed; look at the free space of the system and recovery partitions
800F0982 PSFX_E_MATCHING_COMPONENT_NOT_FOUND A component that the update builds on is missing
800F0986 PSFX_E_APPLY_FORWARD_DELTA_FAILED The update's delta could not be applied
800F0988 PSFX_E_INVALID_DELTA_COMBINATION The update's deltas do not fit the component store
800F0991 PSFX_E_MISSING_PAYLOAD_FILE Files of the update are missing
80190190 BG_E_HTTP_ERROR_400 The download was refused: bad request
80190191 BG_E_HTTP_ERROR_401 The download was refused: not authorised
80190193 BG_E_HTTP_ERROR_403 The download was refused: forbidden
80190194 BG_E_HTTP_ERROR_404 The file to download is not on the server
80240001 WU_E_NO_SERVICE The update agent cannot be used
80240002 WU_E_MAX_CAPACITY_REACHED The service is overloaded
80240003 WU_E_UNKNOWN_ID An id was not found
80240009 WU_E_OPERATIONINPROGRESS Another operation was in progress
8024000A WU_E_COULDNOTCANCEL The operation could not be cancelled
8024000B WU_E_CALL_CANCELLED The operation was cancelled
8024000C WU_E_NOOP Nothing was to be done
8024000D WU_E_XML_MISSINGDATA The update's data is incomplete
8024000E WU_E_XML_INVALID The update's data is invalid
8024000F WU_E_CYCLE_DETECTED Updates depend on each other in a circle
80240010 WU_E_TOO_DEEP_RELATION Updates depend on each other too deeply
80240011 WU_E_INVALID_RELATIONSHIP Updates depend on each other in an invalid way
80240012 WU_E_REG_VALUE_INVALID A value in the registry is invalid
80240014 WU_E_INVALID_INSTALL_REQUESTED The caller may not install the update
80240016 WU_E_INSTALL_NOT_ALLOWED Another installation is in progress, or a restart is pending
80240017 WU_E_NOT_APPLICABLE The update does not apply to this system
80240018 WU_E_NO_USERTOKEN A user token is missing
80240019 WU_E_EXCLUSIVE_INSTALL_CONFLICT The update must be installed alone
8024001A WU_E_POLICY_NOT_SET A policy is not set
8024001B WU_E_SELFUPDATE_IN_PROGRESS The update agent is updating itself
8024001D WU_E_INVALID_UPDATE The update's data is invalid
8024001E WU_E_SERVICE_STOP The service or the system is shutting down
8024001F WU_E_NO_CONNECTION There is no network connection
80240020 WU_E_NO_INTERACTIVE_USER Nobody is logged on
80240021 WU_E_TIME_OUT The operation timed out
80240022 WU_E_ALL_UPDATES_FAILED The operation failed for every update
80240023 WU_E_EULAS_DECLINED The licence terms were declined
80240024 WU_E_NO_UPDATE There are no updates
80240025 WU_E_USER_ACCESS_DISABLED Group Policy forbids access to Windows Update
80240028 WU_E_UNINSTALL_NOT_ALLOWED The update cannot be uninstalled this way
80240029 WU_E_INVALID_PRODUCT_LICENSE An unlicensed application kept the search from seeing all updates
8024002A WU_E_MISSING_HANDLER A component that finds applicable updates is missing
8024002B WU_E_LEGACYSERVER The server is too old
8024002C WU_E_BIN_SOURCE_ABSENT The source that a delta update needs is missing
8024002D WU_E_SOURCE_ABSENT The source that the update needs is missing
8024002E WU_E_WU_DISABLED Policy allows no update service but the managed one
8024002F WU_E_CALL_CANCELLED_BY_POLICY Policy forbids access to Windows Update
80240030 WU_E_INVALID_PROXY_SERVER The proxy list is invalid
80240031 WU_E_INVALID_FILE The file has the wrong format
80240032 WU_E_INVALID_CRITERIA The search criteria are invalid
80240033 WU_E_EULA_UNAVAILABLE The licence terms could not be downloaded
80240034 WU_E_DOWNLOAD_FAILED The update could not be downloaded
80240035 WU_E_UPDATE_NOT_PROCESSED The update was not processed
80240038 WU_E_WINHTTP_INVALID_FILE What was downloaded is not the file; a proxy may answer in its place
80240039 WU_E_TOO_MANY_RESYNC The server asked to synchronise too often
80240040 WU_E_NO_SERVER_CORE_SUPPORT Not supported on Server Core
80240041 WU_E_SYSPREP_IN_PROGRESS Sysprep is running
80240042 WU_E_UNKNOWN_SERVICE The update service is not registered any more
80240044 WU_E_PER_MACHINE_UPDATE_ACCESS_DENIED Only an administrator may do this
80240046 WU_E_BAD_FILE_URL The address does not point to a file
80240047 WU_E_REVERT_NOT_ALLOWED The update cannot be reverted
8024004A WU_E_SETUP_IN_PROGRESS Windows is being set up
8024004C WU_E_LOW_BATTERY The battery is too low
80240054 WU_E_INTERACTIVE_CALL_CANCELLED A user cancelled it
80240055 WU_E_AU_CALL_CANCELLED Automatic Updates cancelled it: the update does not apply any more
80240056 WU_E_SYSTEM_UNSUPPORTED This edition of Windows lacks what the update needs
80240057 WU_E_NO_SUCH_HANDLER_PLUGIN The handler of the update is missing
80240059 WU_E_NETWORK_COST_EXCEEDS_POLICY The network is metered, and policy forbids its use
8024005A WU_E_CALL_CANCELLED_BY_HIDE Cancelled: the update is hidden
8024005B WU_E_CALL_CANCELLED_BY_INVALID Cancelled: the update is invalid
80240061 WU_E_FILETRUST_SHA2SIGNATURE_MISSING The file lacks a SHA-2 signature
80240062 WU_E_UPDATE_NOT_APPROVED The update is not approved
80240063 WU_E_CALL_CANCELLED_BY_INTERACTIVE_SEARCH Another search took its place
80240064 WU_E_INSTALL_JOB_RESUME_NOT_ALLOWED Another installation is in progress
80240066 WU_E_INSTALL_USERCONTEXT_ACCESSDENIED The caller lacks the rights to install
80240438 WU_E_PT_ENDPOINT_UNREACHABLE The update service could not be reached
80240FFF WU_E_UNEXPECTED Unexpected failure
80241001 WU_E_MSI_WRONG_VERSION The Windows Installer is too old
80241002 WU_E_MSI_NOT_CONFIGURED The Windows Installer is not configured
80241003 WU_E_MSP_DISABLED Policy forbids patches of the Windows Installer
80241004 WU_E_MSI_WRONG_APP_CONTEXT The application is installed for one user only
80241005 WU_E_MSI_NOT_PRESENT The Windows Installer is missing or too old
80241FFF WU_E_MSP_UNEXPECTED The Windows Installer failed
80242002 WU_E_UH_UNKNOWNHANDLER The handler of the update is not known
80242004 WU_E_UH_DOESNOTSUPPORTACTION The update cannot be installed, or uninstalled, at all
80242006 WU_E_UH_INVALIDMETADATA The update's data is invalid
80242007 WU_E_UH_INSTALLERHUNG The installer took too long
80242008 WU_E_UH_OPERATIONCANCELLED The handler was cancelled
80242009 WU_E_UH_BADHANDLERXML The update's data is invalid
8024200A WU_E_UH_CANREQUIREINPUT The update requires user input
8024200B WU_E_UH_INSTALLERFAILURE The installer failed
8024200C WU_E_UH_FALLBACKTOSELFCONTAINED The whole update must be downloaded, not its delta
8024200D WU_E_UH_NEEDANOTHERDOWNLOAD The update must be downloaded again
8024200F WU_E_UH_INCONSISTENT_FILE_NAMES The files do not fit the update's data
80242010 WU_E_UH_FALLBACKERROR The whole update could not be used in place of its delta
80242011 WU_E_UH_TOOMANYDOWNLOADREQUESTS The update was downloaded too often
80242012 WU_E_UH_UNEXPECTEDCBSRESPONSE The servicing stack gave an unexpected answer
80242013 WU_E_UH_BADCBSPACKAGEID The update's data is invalid
80242014 WU_E_UH_POSTREBOOTSTILLPENDING A restart has yet to complete the update
80242015 WU_E_UH_POSTREBOOTRESULTUNKNOWN How the restart completed the update is not known
80242016 WU_E_UH_POSTREBOOTUNEXPECTEDSTATE After the restart the update is in an unexpected state
80242017 WU_E_UH_NEW_SERVICING_STACK_REQUIRED The servicing stack must be updated first
80242018 WU_E_UH_CALLED_BACK_FAILURE The installer reported an error
80242019 WU_E_UH_CUSTOMINSTALLER_INVALID_SIGNATURE The signature of the installer does not fit
8024201C WU_E_UH_DECRYPTFAILURE The update could not be decrypted
8024201D WU_E_UH_HANDLER_DISABLEDUNTILREBOOT A restart is needed before anything can be installed
8024201F WU_E_UH_NOTREADYTOCOMMIT The update is not prepared for its completion
80242FFF WU_E_UH_UNEXPECTED Unexpected failure of the handler
80244001 WU_E_PT_SOAPCLIENT_INITIALIZE The update client could not start; MSXML may be damaged
80244004 WU_E_PT_SOAPCLIENT_CONNECT The update server could not be reached
80244005 WU_E_PT_SOAPCLIENT_SEND The update server could not be reached
80244006 WU_E_PT_SOAPCLIENT_SERVER The update server failed
80244007 WU_E_PT_SOAPCLIENT_SOAPFAULT The update server answered with an error
80244009 WU_E_PT_SOAPCLIENT_READ The answer of the update server could not be read
8024400A WU_E_PT_SOAPCLIENT_PARSE The answer of the update server could not be understood
8024400D WU_E_PT_SOAP_CLIENT The update server refused the request
8024400E WU_E_PT_SOAP_SERVER The update server failed; try again later
8024400F WU_E_PT_WMI_ERROR WMI failed
80244010 WU_E_PT_EXCEEDED_MAX_SERVER_TRIPS The search needed too many round trips; the next one goes on from there
80244011 WU_E_PT_SUS_SERVER_NOT_SET Policy names no update server
80244015 WU_E_PT_REFRESH_CACHE_REQUIRED The update server was changed
80244016 WU_E_PT_HTTP_STATUS_BAD_REQUEST HTTP status 400
80244017 WU_E_PT_HTTP_STATUS_DENIED HTTP status 401: the update server, or a proxy, wants a login
80244018 WU_E_PT_HTTP_STATUS_FORBIDDEN HTTP status 403: the update server, or a proxy, refused
80244019 WU_E_PT_HTTP_STATUS_NOT_FOUND HTTP status 404: not on the update server
8024401A WU_E_PT_HTTP_STATUS_BAD_METHOD HTTP status 405
8024401B WU_E_PT_HTTP_STATUS_PROXY_AUTH_REQ HTTP status 407: the proxy wants a login
8024401C WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT HTTP status 408: the update server was too slow
8024401D WU_E_PT_HTTP_STATUS_CONFLICT HTTP status 409
8024401E WU_E_PT_HTTP_STATUS_GONE HTTP status 410: no longer on the update server
8024401F WU_E_PT_HTTP_STATUS_SERVER_ERROR HTTP status 500: the update server failed
80244020 WU_E_PT_HTTP_STATUS_NOT_SUPPORTED HTTP status 501: the server cannot do this
80244021 WU_E_PT_HTTP_STATUS_BAD_GATEWAY HTTP status 502: a gateway before the update server failed
80244022 WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL HTTP status 503: the update server is overloaded
80244023 WU_E_PT_HTTP_STATUS_GATEWAY_TIMEOUT HTTP status 504: a gateway before the update server was too slow
80244024 WU_E_PT_HTTP_STATUS_VERSION_NOT_SUP HTTP status 505
80244025 WU_E_PT_FILE_LOCATIONS_CHANGED The files have moved; try again
8024402B WU_E_PT_HTTP_STATUS_NOT_MAPPED The request failed with another HTTP status
8024402C WU_E_PT_WINHTTP_NAME_NOT_RESOLVED The name of the update server or proxy could not be resolved
8024402D WU_E_PT_LOAD_SHEDDING The update server is overloaded
8024402F WU_E_PT_ECP_SUCCEEDED_WITH_ERRORS The offline scan file was read with errors
80244030 WU_E_PT_ECP_INIT_FAILED The offline scan file could not be read
80244031 WU_E_PT_ECP_INVALID_FILE_FORMAT The offline scan file is invalid
80244032 WU_E_PT_ECP_INVALID_METADATA The offline scan file is invalid
80244033 WU_E_PT_ECP_FAILURE_TO_EXTRACT_DIGEST The offline scan file is invalid
80244034 WU_E_PT_ECP_FAILURE_TO_DECOMPRESS_CAB_FILE The offline scan file could not be unpacked
80244035 WU_E_PT_ECP_FILE_LOCATION_ERROR The offline scan file was not found
80244FFF WU_E_PT_UNEXPECTED Unexpected failure of the communication
80246001 WU_E_DM_URLNOTAVAILABLE The file has no address
80246002 WU_E_DM_INCORRECTFILEHASH The file was damaged on its way
80246005 WU_E_DM_NONETWORK There is no network connection
80246006 WU_E_DM_WRONGBITSVERSION BITS has the wrong version
80246007 WU_E_DM_NOTDOWNLOADED The update is not downloaded
80246008 WU_E_DM_FAILTOCONNECTTOBITS BITS could not be reached
80246009 WU_E_DM_BITSTRANSFERERROR BITS could not transfer the file
8024600A WU_E_DM_DOWNLOADLOCATIONCHANGED The file has moved; it must be downloaded again
8024600B WU_E_DM_CONTENTCHANGED The update has changed; it must be downloaded again
8024600C WU_E_DM_DOWNLOADLIMITEDBYUPDATESIZE The network is metered, and the update is too large for it
80246012 WU_E_DM_DOWNLOADFILEMISSING Files of the download are missing
80246013 WU_E_DM_UPDATEREMOVED The download was removed
80246FFF WU_E_DM_UNEXPECTED Unexpected failure of the download
80248000 WU_E_DS_SHUTDOWN The update agent is shutting down
80248001 WU_E_DS_INUSE The data store is in use
80248002 WU_E_DS_INVALID The data store is damaged
80248003 WU_E_DS_TABLEMISSING The data store is damaged
80248004 WU_E_DS_TABLEINCORRECT The data store is damaged
80248005 WU_E_DS_INVALIDTABLENAME The data store is damaged
80248006 WU_E_DS_BADVERSION The data store has another version
80248007 WU_E_DS_NODATA The data store lacks what was asked for
80248008 WU_E_DS_MISSINGDATA The data store is incomplete
80248009 WU_E_DS_MISSINGREF The data store is incomplete
8024800C WU_E_DS_LOCKTIMEOUTEXPIRED The data store was locked for too long
8024800F WU_E_DS_STOREFILELOCKED The data store is locked by another process
80248011 WU_E_DS_UNABLETOSTART The data store could not be opened
80248013 WU_E_DS_DUPLICATEUPDATEID The server sent one update twice
80248014 WU_E_DS_UNKNOWNSERVICE The update service is not registered
80248015 WU_E_DS_SERVICEEXPIRED The registration of the update service has expired
80248016 WU_E_DS_DECLINENOTALLOWED A mandatory update cannot be hidden
8024801C WU_E_DS_RESETREQUIRED The data store must be reset
8024801E WU_E_DS_DATANOTAVAILABLE The update's data was never received
8024801F WU_E_DS_DATANOTLOADED The update's data was not loaded
80248020 WU_E_DS_NODATA_NOSUCHREVISION The data store does not know this revision
80248021 WU_E_DS_NODATA_NOSUCHUPDATE The data store does not know this update
80248FFF WU_E_DS_UNEXPECTED Unexpected failure of the data store
8024A000 WU_E_AU_NOSERVICE Automatic Updates does not answer
8024A004 WU_E_AU_PAUSED Automatic Updates is paused
8024A006 WU_E_AU_DETECT_SVCID_MISMATCH The update service was changed during the search
8024A007 WU_E_REBOOT_IN_PROGRESS A restart is in progress
8024A008 WU_E_AU_OOBE_IN_PROGRESS Windows is being set up
8024AFFF WU_E_AU_UNEXPECTED Unexpected failure of Automatic Updates
8024B004 WU_E_WUTASK_RETRY The task was stopped and must run again
8024C001 WU_E_DRV_PRUNED A driver was left out
8024C004 WU_E_DRV_NO_METADATA The driver's data is missing
8024C005 WU_E_DRV_MISSING_ATTRIBUTE The driver's data is incomplete
8024C008 WU_E_DRV_DEVICE_PROBLEM The device reports a problem with its new driver
8024CFFF WU_E_DRV_UNEXPECTED Unexpected failure of a driver
8A150003 APPINSTALLER_CLI_ERROR_COMMAND_FAILED winget could not carry out the command
8A150006 APPINSTALLER_CLI_ERROR_SHELLEXEC_INSTALL_FAILED The installer of the package failed
8A150008 APPINSTALLER_CLI_ERROR_DOWNLOAD_FAILED The installer could not be downloaded
8A15000F APPINSTALLER_CLI_ERROR_SOURCE_DATA_MISSING The list of the package source is missing on the device
8A150010 APPINSTALLER_CLI_ERROR_NO_APPLICABLE_INSTALLER No installer of the package fits this system
8A150011 APPINSTALLER_CLI_ERROR_INSTALLER_HASH_MISMATCH The installer is not the one that the source describes
8A150014 APPINSTALLER_CLI_ERROR_NO_APPLICATIONS_FOUND No such package was found
8A15002B APPINSTALLER_CLI_ERROR_UPDATE_NOT_APPLICABLE There is no newer version for this system
8A15002D APPINSTALLER_CLI_ERROR_INSTALLER_SECURITY_CHECK_FAILED The installer failed a security check
8A15002F APPINSTALLER_CLI_ERROR_NO_UNINSTALL_INFO_FOUND The package does not say how it is uninstalled
8A150030 APPINSTALLER_CLI_ERROR_EXEC_UNINSTALL_COMMAND_FAILED The uninstaller of the package failed
8A15003A APPINSTALLER_CLI_ERROR_BLOCKED_BY_POLICY A group policy forbids it
8A150041 APPINSTALLER_CLI_ERROR_PACKAGE_AGREEMENTS_NOT_ACCEPTED The package's agreements were not accepted
8A150044 APPINSTALLER_CLI_ERROR_RESTSOURCE_ENDPOINT_NOT_FOUND The package source could not be found
8A150045 APPINSTALLER_CLI_ERROR_SOURCE_OPEN_FAILED The package source could not be opened
8A150046 APPINSTALLER_CLI_ERROR_SOURCE_AGREEMENTS_NOT_ACCEPTED The source's agreements were not accepted
8A150049 APPINSTALLER_CLI_ERROR_MSI_INSTALL_FAILED The Windows Installer package failed
8A15004B APPINSTALLER_CLI_ERROR_FAILED_TO_OPEN_ALL_SOURCES No package source could be opened
8A15004F APPINSTALLER_CLI_ERROR_UPGRADE_VERSION_NOT_NEWER What is installed is as new or newer
8A150056 APPINSTALLER_CLI_ERROR_INSTALLER_PROHIBITS_ELEVATION The installer refuses to run as SYSTEM
8A150068 APPINSTALLER_CLI_ERROR_PACKAGE_IS_PINNED The package is pinned
8A150101 APPINSTALLER_CLI_ERROR_INSTALL_PACKAGE_IN_USE The application is running; it must be closed first
8A150102 APPINSTALLER_CLI_ERROR_INSTALL_INSTALL_IN_PROGRESS Another installation is in progress
8A150103 APPINSTALLER_CLI_ERROR_INSTALL_FILE_IN_USE A file of the application is in use; it must be closed first
8A150104 APPINSTALLER_CLI_ERROR_INSTALL_MISSING_DEPENDENCY Something that the package needs is not installed
8A150105 APPINSTALLER_CLI_ERROR_INSTALL_DISK_FULL There is not enough space on the disk
8A150106 APPINSTALLER_CLI_ERROR_INSTALL_INSUFFICIENT_MEMORY There was not enough memory
8A150107 APPINSTALLER_CLI_ERROR_INSTALL_NO_NETWORK The installer needs the internet
8A150108 APPINSTALLER_CLI_ERROR_INSTALL_CONTACT_SUPPORT The installer failed and asks for its vendor's support
8A15010A APPINSTALLER_CLI_ERROR_INSTALL_REBOOT_REQUIRED_TO_INSTALL A restart is needed before it can be installed
8A15010C APPINSTALLER_CLI_ERROR_INSTALL_CANCELLED_BY_USER Somebody cancelled the installation
8A15010D APPINSTALLER_CLI_ERROR_INSTALL_ALREADY_INSTALLED Another version of the application is installed already
8A15010E APPINSTALLER_CLI_ERROR_INSTALL_DOWNGRADE A newer version is installed
8A15010F APPINSTALLER_CLI_ERROR_INSTALL_BLOCKED_BY_POLICY A policy of the organisation forbids it
8A150110 APPINSTALLER_CLI_ERROR_INSTALL_DEPENDENCIES What the package needs could not be installed
8A150111 APPINSTALLER_CLI_ERROR_INSTALL_PACKAGE_IN_USE_BY_APPLICATION Another application uses this one; it must be closed first
8A150113 APPINSTALLER_CLI_ERROR_INSTALL_SYSTEM_NOT_SUPPORTED The package does not support this system
8A150114 APPINSTALLER_CLI_ERROR_INSTALL_UPGRADE_NOT_SUPPORTED Its installer cannot update it; remove the old version first
C0000135 STATUS_DLL_NOT_FOUND A library is missing; winget as SYSTEM needs the Visual C++ runtime of the device
'@

# What a failing code asks for. A failing code that is in no list is transient: one more try tells.
$script:UpdateErrorClass = @{
    transient = @(
        '80240009', '80240021', '8024001E', '8024001F', '80240438', '80244007', '80244010', '8024401C', '80244021', '80244022',
        '80244023', '8024402C', '80248000', '8024800C', '8024B004')
    restart_first = @('80240016', '00240005', '80242014', '8024201D', '80070BC9', '80070BCA', '8A15010A')
    repair_first = @(
        '80248007', '8024200B', '80242006', '80073701', '80073712', '8007371B', '800F081F', '800F0831', '800F0900', '800F0982',
        '800F0986', '800F0988', '800F0991')
    wait_for_power = @('8024004C', '00240009')
    needs_person = @(
        '80240020', '80240044', '8024002E', '80244017', '80244018', '8024401B', '80240028', '80070070', '80070422', '80072F8F', '8A150010',
        '8A15002D', '8A15002F', '8A15003A', '8A150041', '8A150046', '8A150056', '8A150105', '8A15010D', '8A15010F', '8A150113',
        '8A150114', 'C0000135')
    benign = @('80240017', '00240006', '00240007', '00240008', '800F081E', '8A15002B', '8A15004F', '8A150068', '8A15010E')
}

function ConvertTo-UnsignedHResult {
    # An HRESULT as the unsigned 32-bit number that people look up; COM gives it signed.
    [CmdletBinding()]
    [OutputType([long])]
    param([Parameter(Mandatory)] [long] $HResult)

    $HResult -band 4294967295
}

function Get-ExceptionHResult {
    # The HRESULT (unsigned) of the innermost exception: PowerShell wraps what a COM call throws.
    [CmdletBinding()]
    [OutputType([long])]
    param([Parameter(Mandatory)] [System.Exception] $Exception)

    $innermost = $Exception
    while ($null -ne $innermost.InnerException) {
        $innermost = $innermost.InnerException
    }
    ConvertTo-UnsignedHResult -HResult $innermost.HResult
}

function Resolve-UpdateError {
    # What is known of an HRESULT: hresult (unsigned), hresult_hex, error_name, error_text, error_class ("transient" for a
    # failing code without a class of its own, "" for success).
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [long] $HResult)

    $unsigned = ConvertTo-UnsignedHResult -HResult $HResult
    $digits = '{0:X8}' -f $unsigned
    $name = ''
    $text = ''
    $line = [regex]::Match($script:UpdateErrorTable, "(?m)^$digits (?<name>\S+) (?<text>[^\r\n]+)")
    if ($line.Success) {
        $name = $line.Groups['name'].Value
        $text = $line.Groups['text'].Value
    }
    $class = ''
    if ($unsigned -ge 2147483648) {
        $class = 'transient'
    }
    foreach ($candidate in $script:UpdateErrorClass.Keys) {
        if ($script:UpdateErrorClass[$candidate] -contains $digits) {
            $class = $candidate
        }
    }
    @{
        hresult = $unsigned
        hresult_hex = "0x$digits"
        error_name = $name
        error_text = $text
        error_class = $class
    }
}
