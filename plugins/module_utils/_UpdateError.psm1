# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# What an HRESULT of the Windows Update Agent is called, means and asks for. Names and meanings: wuerror.h and winerror.h
# of the Windows SDK; of wuerror.h the codes that a search, a download or an installation can end with. A code that
# is not here has no name and keeps its number.

Set-StrictMode -Version 3.0

# One line each: eight hexadecimal digits, name, meaning.
$script:UpdateErrorTable = @'
00240001 WU_S_SERVICE_STOP The update agent was stopped successfully
00240002 WU_S_SELFUPDATE The update agent updated itself
00240003 WU_S_UPDATE_ERROR Operation completed successfully but there were errors applying the updates
00240005 WU_S_REBOOT_REQUIRED The system must be restarted to complete installation of the update
00240006 WU_S_ALREADY_INSTALLED The update to be installed is already installed on the system
00240007 WU_S_ALREADY_UNINSTALLED The update to be removed is not installed on the system
00240008 WU_S_ALREADY_DOWNLOADED The update to be downloaded has already been downloaded
00240009 WU_S_SOME_UPDATES_SKIPPED_ON_BATTERY The operation completed successfully, but some updates were skipped because the system is running on batteries
0024000A WU_S_ALREADY_REVERTED The update to be reverted is not present on the system
00240010 WU_S_SEARCH_CRITERIA_NOT_SUPPORTED The operation is skipped because the update service does not support the requested search criteria
00242015 WU_S_UH_INSTALLSTILLPENDING The installation operation for the update is still in progress
00242016 WU_S_UH_DOWNLOAD_SIZE_CALCULATED The actual download size has been calculated by the handler
00246001 WU_S_DM_ALREADYDOWNLOADING The update to be downloaded is already being downloaded
00248001 WU_S_SEARCH_LOAD_SHEDDING Search operation completed successfully but one or more services were shedding load
80004004 E_ABORT The operation was aborted
80004005 E_FAIL Unspecified failure
8000FFFF E_UNEXPECTED Unexpected failure
80070002 ERROR_FILE_NOT_FOUND A file that the operation needs was not found
80070003 ERROR_PATH_NOT_FOUND A path that the operation needs was not found
80070005 E_ACCESSDENIED Access was denied
8007000D ERROR_INVALID_DATA The data is invalid
8007000E E_OUTOFMEMORY There was not enough memory
80070020 ERROR_SHARING_VIOLATION A file was in use by another process
80070070 ERROR_DISK_FULL There is not enough space on the disk
80070422 ERROR_SERVICE_DISABLED The Windows Update service, or one that it needs, is disabled
8007043C ERROR_NOT_SAFEBOOT_SERVICE The service cannot be started in safe mode
8007045B ERROR_SHUTDOWN_IN_PROGRESS A shutdown of the system is in progress
800705B4 ERROR_TIMEOUT The time limit was exceeded
80070641 ERROR_INSTALL_SERVICE_FAILURE The Windows Installer service could not be accessed
80070643 ERROR_INSTALL_FAILURE The installer failed
80070652 ERROR_INSTALL_ALREADY_RUNNING Another installation is in progress
80070BC2 ERROR_SUCCESS_REBOOT_REQUIRED The operation succeeded; a restart is needed to complete it
80070BC9 ERROR_FAIL_REBOOT_REQUIRED The operation failed; a restart is needed before it can be tried again
80070BCA ERROR_FAIL_REBOOT_INITIATED The operation failed; a restart to roll changes back has been started
80072EE2 WININET_E_TIMEOUT The connection to the update service timed out
80072EE7 WININET_E_NAME_NOT_RESOLVED The name of the update service could not be resolved
80072EFD WININET_E_CANNOT_CONNECT The update service could not be reached
80072EFE WININET_E_CONNECTION_ABORTED The connection to the update service was cut
80072EFF WININET_E_CONNECTION_RESET The connection to the update service was reset
80072F8F WININET_E_DECODING_FAILED The certificate of the update service was not accepted; look at the clock of the device
80073701 ERROR_SXS_ASSEMBLY_MISSING A component that the update refers to is missing from the component store
80073712 ERROR_SXS_COMPONENT_STORE_CORRUPT The component store is damaged
8007371B ERROR_SXS_TRANSACTION_CLOSURE_INCOMPLETE Members of the component transaction are missing from the component store
80092004 CRYPT_E_NOT_FOUND The update is signed in a way that this system does not know
800B0109 CERT_E_UNTRUSTEDROOT The certificate chain ends in a root that is not trusted
800F0805 CBS_E_INVALID_PACKAGE The update package is not valid
800F081E CBS_E_NOT_APPLICABLE The update package does not apply to this system
800F081F CBS_E_SOURCE_MISSING Files that the update needs are missing from the component store
800F0823 CBS_E_NEW_SERVICING_STACK_REQUIRED The servicing stack must be updated first
800F0826 CBS_E_INTERNAL_ERROR The servicing stack failed while it installed the package
800F0831 CBS_E_STORE_CORRUPTION The component store is damaged
800F0900 CBS_E_XML_PARSER_FAILURE The component store is damaged
800F0920 CBS_E_HANG_DETECTED The servicing stack stopped answering
800F0922 CBS_E_INSTALLERS_FAILED An installer of the package failed; look at the free space of the system and recovery partitions
800F0982 PSFX_E_MATCHING_COMPONENT_NOT_FOUND A component that the update builds on is missing from the component store
800F0986 PSFX_E_APPLY_FORWARD_DELTA_FAILED The delta of the update could not be applied
800F0988 PSFX_E_INVALID_DELTA_COMBINATION Deltas of the update do not fit the component store
800F0991 PSFX_E_MISSING_PAYLOAD_FILE Files of the update are missing
80190190 BG_E_HTTP_ERROR_400 The download was refused: bad request
80190191 BG_E_HTTP_ERROR_401 The download was refused: not authorised
80190193 BG_E_HTTP_ERROR_403 The download was refused: forbidden
80190194 BG_E_HTTP_ERROR_404 The file to download is not on the server
80240001 WU_E_NO_SERVICE The update agent was unable to provide the service
80240002 WU_E_MAX_CAPACITY_REACHED The maximum capacity of the service was exceeded
80240003 WU_E_UNKNOWN_ID An ID cannot be found
80240004 WU_E_NOT_INITIALIZED The object could not be initialized
80240005 WU_E_RANGEOVERLAP The update handler requested a byte range overlapping a previously requested range
80240006 WU_E_TOOMANYRANGES The requested number of byte ranges exceeds the maximum number (2^31 - 1)
80240007 WU_E_INVALIDINDEX The index to a collection was invalid
80240008 WU_E_ITEMNOTFOUND The key for the item queried could not be found
80240009 WU_E_OPERATIONINPROGRESS Another conflicting operation was in progress
8024000A WU_E_COULDNOTCANCEL Cancellation of the operation was not allowed
8024000B WU_E_CALL_CANCELLED Operation was cancelled
8024000C WU_E_NOOP No operation was required
8024000D WU_E_XML_MISSINGDATA The update agent could not find required information in the update's XML data
8024000E WU_E_XML_INVALID The update agent found invalid information in the update's XML data
8024000F WU_E_CYCLE_DETECTED Circular update relationships were detected in the metadata
80240010 WU_E_TOO_DEEP_RELATION Update relationships too deep to evaluate were evaluated
80240011 WU_E_INVALID_RELATIONSHIP An invalid update relationship was detected
80240012 WU_E_REG_VALUE_INVALID An invalid registry value was read
80240013 WU_E_DUPLICATE_ITEM Operation tried to add a duplicate item to a list
80240014 WU_E_INVALID_INSTALL_REQUESTED Updates requested for install are not installable by caller
80240016 WU_E_INSTALL_NOT_ALLOWED Operation tried to install while another installation was in progress or the system was pending a mandatory restart
80240017 WU_E_NOT_APPLICABLE There are no applicable updates
80240018 WU_E_NO_USERTOKEN Operation failed because a required user token is missing
80240019 WU_E_EXCLUSIVE_INSTALL_CONFLICT An exclusive update cannot be installed with other updates at the same time
8024001A WU_E_POLICY_NOT_SET A policy value was not set
8024001B WU_E_SELFUPDATE_IN_PROGRESS The operation could not be performed because the update agent is self-updating
8024001D WU_E_INVALID_UPDATE An update contains invalid metadata
8024001E WU_E_SERVICE_STOP The service or system was being shut down
8024001F WU_E_NO_CONNECTION The network connection was unavailable
80240020 WU_E_NO_INTERACTIVE_USER There is no logged-on interactive user
80240021 WU_E_TIME_OUT It timed out
80240022 WU_E_ALL_UPDATES_FAILED Operation failed for all the updates
80240023 WU_E_EULAS_DECLINED The license terms for all updates were declined
80240024 WU_E_NO_UPDATE There are no updates
80240025 WU_E_USER_ACCESS_DISABLED Group Policy settings prevented access to Windows Update
80240026 WU_E_INVALID_UPDATE_TYPE The type of update is invalid
80240027 WU_E_URL_TOO_LONG The URL exceeded the maximum length
80240028 WU_E_UNINSTALL_NOT_ALLOWED The update could not be uninstalled because the request did not originate from a WSUS server
80240029 WU_E_INVALID_PRODUCT_LICENSE Search may have missed some updates before there is an unlicensed application on the system
8024002A WU_E_MISSING_HANDLER A component required to detect applicable updates was missing
8024002B WU_E_LEGACYSERVER It requires a newer version of server
8024002C WU_E_BIN_SOURCE_ABSENT A delta-compressed update could not be installed because it required the source
8024002D WU_E_SOURCE_ABSENT A full-file update could not be installed because it required the source
8024002E WU_E_WU_DISABLED Access to an unmanaged server is not allowed
8024002F WU_E_CALL_CANCELLED_BY_POLICY The DisableWindowsUpdateAccess policy was set
80240030 WU_E_INVALID_PROXY_SERVER The format of the proxy list was invalid
80240031 WU_E_INVALID_FILE The file is in the wrong format
80240032 WU_E_INVALID_CRITERIA The search criteria string was invalid
80240033 WU_E_EULA_UNAVAILABLE License terms could not be downloaded
80240034 WU_E_DOWNLOAD_FAILED Update failed to download
80240035 WU_E_UPDATE_NOT_PROCESSED The update was not processed
80240036 WU_E_INVALID_OPERATION The object's current state did not allow the operation
80240037 WU_E_NOT_SUPPORTED The functionality for the operation is not supported
80240038 WU_E_WINHTTP_INVALID_FILE The downloaded file has an unexpected content type
80240039 WU_E_TOO_MANY_RESYNC Agent is asked by server to resync too many times
80240040 WU_E_NO_SERVER_CORE_SUPPORT WUA API method does not run on Server Core installation
80240041 WU_E_SYSPREP_IN_PROGRESS Service is not available while sysprep is running
80240042 WU_E_UNKNOWN_SERVICE The update service is no longer registered with AU
80240043 WU_E_NO_UI_SUPPORT There is no support for WUA UI
80240044 WU_E_PER_MACHINE_UPDATE_ACCESS_DENIED Only administrators can perform this operation on per-machine updates
80240045 WU_E_UNSUPPORTED_SEARCHSCOPE A search was attempted with a scope that is not currently supported for this type of search
80240046 WU_E_BAD_FILE_URL The URL does not point to a file
80240047 WU_E_REVERT_NOT_ALLOWED The update could not be reverted
80240049 WU_E_OUTOFRANGE The data is out of range
8024004A WU_E_SETUP_IN_PROGRESS Windows Update agent operations are not available while OS setup is running
8024004B WU_E_ORPHANED_DOWNLOAD_JOB An orphaned downloadjob was found with no active callers
8024004C WU_E_LOW_BATTERY An update could not be installed because the system battery power level is too low
8024004D WU_E_INFRASTRUCTUREFILE_INVALID_FORMAT The downloaded infrastructure file is incorrectly formatted
8024004E WU_E_INFRASTRUCTUREFILE_REQUIRES_SSL The infrastructure file must be downloaded using strong SSL
80240054 WU_E_INTERACTIVE_CALL_CANCELLED An interactive user cancelled this operation, which was started from the update agent UI
80240055 WU_E_AU_CALL_CANCELLED Automatic Updates cancelled this operation because it applies to an update that is no longer applicable to this computer
80240056 WU_E_SYSTEM_UNSUPPORTED This version or edition of the operating system doesn't support the needed functionality
80240057 WU_E_NO_SUCH_HANDLER_PLUGIN The requested update download or install handler
80240059 WU_E_NETWORK_COST_EXCEEDS_POLICY The current network cost does not meet the conditions set by the network cost policy
8024005A WU_E_CALL_CANCELLED_BY_HIDE The call is cancelled because it applies to an update that is hidden (no longer applicable to this computer)
8024005B WU_E_CALL_CANCELLED_BY_INVALID The call is cancelled because it applies to an update that is invalid (no longer applicable to this computer)
80240061 WU_E_FILETRUST_SHA2SIGNATURE_MISSING Signature validation of the file fails to find valid SHA2+ signature on MS signed payload
80240062 WU_E_UPDATE_NOT_APPROVED The update is not in the servicing approval list
80240063 WU_E_CALL_CANCELLED_BY_INTERACTIVE_SEARCH The search call was cancelled by another interactive search against the same service
80240064 WU_E_INSTALL_JOB_RESUME_NOT_ALLOWED Resume of install job not allowed due to another installation in progress
80240065 WU_E_INSTALL_JOB_NOT_SUSPENDED Resume of install job not allowed because job is not suspended
80240066 WU_E_INSTALL_USERCONTEXT_ACCESSDENIED User context passed to installation from caller with insufficient privileges
80240438 WU_E_PT_ENDPOINT_UNREACHABLE There is no route or network connectivity to the endpoint
80240FFF WU_E_UNEXPECTED An operation failed due to reasons not covered by another error code
80241001 WU_E_MSI_WRONG_VERSION Some updates may have been missed: the Windows Installer is less than version 3.1
80241002 WU_E_MSI_NOT_CONFIGURED Some updates may have been missed: the Windows Installer is not configured
80241003 WU_E_MSP_DISABLED Some updates may have been missed: policy has disabled Windows Installer patching
80241004 WU_E_MSI_WRONG_APP_CONTEXT An update could not be applied because the application is installed per-user
80241005 WU_E_MSI_NOT_PRESENT Some updates may have been missed: the Windows Installer is less than version 3.1
80241FFF WU_E_MSP_UNEXPECTED Some updates may have been missed: there was a failure of the Windows Installer
80242000 WU_E_UH_REMOTEUNAVAILABLE No remote process is available
80242001 WU_E_UH_LOCALONLY The handler is local only
80242002 WU_E_UH_UNKNOWNHANDLER The handler could not be recognized
80242003 WU_E_UH_REMOTEALREADYACTIVE A remote update handler could not be created because one already exists
80242004 WU_E_UH_DOESNOTSUPPORTACTION The update does not support install (uninstall)
80242005 WU_E_UH_WRONGHANDLER The wrong handler was specified
80242006 WU_E_UH_INVALIDMETADATA The update contains invalid metadata
80242007 WU_E_UH_INSTALLERHUNG The installer exceeded the time limit
80242008 WU_E_UH_OPERATIONCANCELLED An operation being done by the update handler was cancelled
80242009 WU_E_UH_BADHANDLERXML The handler-specific metadata is invalid
8024200A WU_E_UH_CANREQUIREINPUT The update requires user input
8024200B WU_E_UH_INSTALLERFAILURE The installer failed to install (uninstall) one or more updates
8024200C WU_E_UH_FALLBACKTOSELFCONTAINED The update handler should download self-contained content rather than delta-compressed content for the update
8024200D WU_E_UH_NEEDANOTHERDOWNLOAD The update handler did not install the update because it needs to be downloaded again
8024200E WU_E_UH_NOTIFYFAILURE The update handler failed to send notification of the status of the install (uninstall) operation
8024200F WU_E_UH_INCONSISTENT_FILE_NAMES The file names contained in the update metadata and in the update package are inconsistent
80242010 WU_E_UH_FALLBACKERROR The update handler failed to fall back to the self-contained content
80242011 WU_E_UH_TOOMANYDOWNLOADREQUESTS The update handler has exceeded the maximum number of download requests
80242012 WU_E_UH_UNEXPECTEDCBSRESPONSE The update handler has received an unexpected response from CBS
80242013 WU_E_UH_BADCBSPACKAGEID The update metadata contains an invalid CBS package identifier
80242014 WU_E_UH_POSTREBOOTSTILLPENDING The post-reboot operation for the update is still in progress
80242015 WU_E_UH_POSTREBOOTRESULTUNKNOWN The result of the post-reboot operation for the update could not be determined
80242016 WU_E_UH_POSTREBOOTUNEXPECTEDSTATE The state of the update after its post-reboot operation has completed is unexpected
80242017 WU_E_UH_NEW_SERVICING_STACK_REQUIRED The OS servicing stack must be updated before this update is downloaded or installed
80242018 WU_E_UH_CALLED_BACK_FAILURE A callback installer called back with an error
80242019 WU_E_UH_CUSTOMINSTALLER_INVALID_SIGNATURE The custom installer signature did not match the signature required by the update
8024201A WU_E_UH_UNSUPPORTED_INSTALLCONTEXT The installer does not support the installation configuration
8024201B WU_E_UH_INVALID_TARGETSESSION The targeted session for install is invalid
8024201C WU_E_UH_DECRYPTFAILURE The handler failed to decrypt the update files
8024201D WU_E_UH_HANDLER_DISABLEDUNTILREBOOT The update handler is disabled until the system reboots
8024201E WU_E_UH_APPX_NOT_PRESENT The AppX infrastructure is not present on the system
8024201F WU_E_UH_NOTREADYTOCOMMIT The update cannot be committed because it has not been previously installed or staged
80242020 WU_E_UH_APPX_INVALID_PACKAGE_VOLUME The specified volume is not a valid AppX package volume
80242021 WU_E_UH_APPX_DEFAULT_PACKAGE_VOLUME_UNAVAILABLE The configured default storage volume is unavailable
80242022 WU_E_UH_APPX_INSTALLED_PACKAGE_VOLUME_UNAVAILABLE The volume on which the application is installed is unavailable
80242023 WU_E_UH_APPX_PACKAGE_FAMILY_NOT_FOUND The specified package family is not present on the system
80242024 WU_E_UH_APPX_SYSTEM_VOLUME_NOT_FOUND Unable to find a package volume marked as system
80242FFF WU_E_UH_UNEXPECTED An update handler error not covered by another WU_E_UH_* code
80244000 WU_E_PT_SOAPCLIENT_BASE WU_E_PT_SOAPCLIENT_* error codes map to the SOAPCLIENT_ERROR enum of the ATL Server Library
80244001 WU_E_PT_SOAPCLIENT_INITIALIZE Initialization of the SOAP client failed, possibly because of an MSXML installation failure
80244002 WU_E_PT_SOAPCLIENT_OUTOFMEMORY SOAP client: it ran out of memory
80244003 WU_E_PT_SOAPCLIENT_GENERATE SOAP client failed to generate the request
80244004 WU_E_PT_SOAPCLIENT_CONNECT SOAP client failed to connect to the server
80244005 WU_E_PT_SOAPCLIENT_SEND SOAP client failed to send a message for reasons of WU_E_WINHTTP_* error codes
80244006 WU_E_PT_SOAPCLIENT_SERVER SOAP client: there was a server error
80244007 WU_E_PT_SOAPCLIENT_SOAPFAULT SOAP client: there was a SOAP fault for reasons of WU_E_PT_SOAP_* error codes
80244008 WU_E_PT_SOAPCLIENT_PARSEFAULT SOAP client failed to parse a SOAP fault
80244009 WU_E_PT_SOAPCLIENT_READ SOAP client failed while reading the response from the server
8024400A WU_E_PT_SOAPCLIENT_PARSE SOAP client failed to parse the response from the server
8024400B WU_E_PT_SOAP_VERSION SOAP client found an unrecognizable namespace for the SOAP envelope
8024400C WU_E_PT_SOAP_MUST_UNDERSTAND SOAP client was unable to understand a header
8024400D WU_E_PT_SOAP_CLIENT SOAP client found the message was malformed; fix before resending
8024400E WU_E_PT_SOAP_SERVER The SOAP message could not be processed due to a server error; resend later
8024400F WU_E_PT_WMI_ERROR There was an unspecified Windows Management Instrumentation (WMI) error
80244010 WU_E_PT_EXCEEDED_MAX_SERVER_TRIPS The number of round trips to the server exceeded the maximum limit
80244011 WU_E_PT_SUS_SERVER_NOT_SET WUServer policy value is missing in the registry
80244012 WU_E_PT_DOUBLE_INITIALIZATION Initialization failed because the object was already initialized
80244013 WU_E_PT_INVALID_COMPUTER_NAME The computer name could not be determined
80244015 WU_E_PT_REFRESH_CACHE_REQUIRED The reply from the server indicates that the server was changed or the cookie was invalid
80244016 WU_E_PT_HTTP_STATUS_BAD_REQUEST Same as HTTP status 400: the server could not process the request due to invalid syntax
80244017 WU_E_PT_HTTP_STATUS_DENIED Same as HTTP status 401 - the requested resource requires user authentication
80244018 WU_E_PT_HTTP_STATUS_FORBIDDEN Same as HTTP status 403 - server understood the request, but declined to fulfill it
80244019 WU_E_PT_HTTP_STATUS_NOT_FOUND Same as HTTP status 404: the server cannot find the requested URI (Uniform Resource Identifier)
8024401A WU_E_PT_HTTP_STATUS_BAD_METHOD Same as HTTP status 405 - the HTTP method is not allowed
8024401B WU_E_PT_HTTP_STATUS_PROXY_AUTH_REQ Same as HTTP status 407 - proxy authentication is required
8024401C WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT Same as HTTP status 408: the server timed out waiting for the request
8024401D WU_E_PT_HTTP_STATUS_CONFLICT Same as HTTP status 409 - the request was not completed due to a conflict with the current state of the resource
8024401E WU_E_PT_HTTP_STATUS_GONE Same as HTTP status 410 - requested resource is no longer available at the server
8024401F WU_E_PT_HTTP_STATUS_SERVER_ERROR Same as HTTP status 500 - an error internal to the server prevented fulfilling the request
80244020 WU_E_PT_HTTP_STATUS_NOT_SUPPORTED Same as HTTP status 500 - server does not support the functionality required to fulfill the request
80244021 WU_E_PT_HTTP_STATUS_BAD_GATEWAY Same as HTTP status 502: the server
80244022 WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL Same as HTTP status 503 - the service is temporarily overloaded
80244023 WU_E_PT_HTTP_STATUS_GATEWAY_TIMEOUT Same as HTTP status 503 - the request was timed out waiting for a gateway
80244024 WU_E_PT_HTTP_STATUS_VERSION_NOT_SUP Same as HTTP status 505: the server does not support the HTTP protocol version used for the request
80244025 WU_E_PT_FILE_LOCATIONS_CHANGED Operation failed due to a changed file location; refresh internal state and resend
80244026 WU_E_PT_REGISTRATION_NOT_SUPPORTED Operation failed because the update agent does not support registration with a non-WSUS server
80244027 WU_E_PT_NO_AUTH_PLUGINS_REQUESTED The server returned an empty authentication information list
80244028 WU_E_PT_NO_AUTH_COOKIES_CREATED The update agent was unable to create any valid authentication cookies
80244029 WU_E_PT_INVALID_CONFIG_PROP A configuration property value was wrong
8024402A WU_E_PT_CONFIG_PROP_MISSING A configuration property value was missing
8024402B WU_E_PT_HTTP_STATUS_NOT_MAPPED The HTTP request could not be completed and the reason did not correspond to any of the WU_E_PT_HTTP_* error codes
8024402C WU_E_PT_WINHTTP_NAME_NOT_RESOLVED The proxy server or target server name cannot be resolved
8024402D WU_E_PT_LOAD_SHEDDING The server is shedding load
8024402F WU_E_PT_ECP_SUCCEEDED_WITH_ERRORS External cab file processing completed with some errors
80244030 WU_E_PT_ECP_INIT_FAILED The external cab processor initialization did not complete
80244031 WU_E_PT_ECP_INVALID_FILE_FORMAT The format of a metadata file was invalid
80244032 WU_E_PT_ECP_INVALID_METADATA External cab processor found invalid metadata
80244033 WU_E_PT_ECP_FAILURE_TO_EXTRACT_DIGEST The file digest could not be extracted from an external cab file
80244034 WU_E_PT_ECP_FAILURE_TO_DECOMPRESS_CAB_FILE An external cab file could not be decompressed
80244035 WU_E_PT_ECP_FILE_LOCATION_ERROR External cab processor was unable to get file locations
80244FFF WU_E_PT_UNEXPECTED A communication error not covered by another WU_E_PT_* error code
80246001 WU_E_DM_URLNOTAVAILABLE The requested file does not have a URL
80246002 WU_E_DM_INCORRECTFILEHASH The file digest was not recognized
80246003 WU_E_DM_UNKNOWNALGORITHM The file metadata requested an unrecognized hash algorithm
80246004 WU_E_DM_NEEDDOWNLOADREQUEST A download request is required from the download handler
80246005 WU_E_DM_NONETWORK The network connection was unavailable
80246006 WU_E_DM_WRONGBITSVERSION The version of Background Intelligent Transfer Service (BITS) is incompatible
80246007 WU_E_DM_NOTDOWNLOADED The update has not been downloaded
80246008 WU_E_DM_FAILTOCONNECTTOBITS The download manager was unable to connect the Background Intelligent Transfer Service (BITS)
80246009 WU_E_DM_BITSTRANSFERERROR There was an unspecified Background Intelligent Transfer Service (BITS) transfer error
8024600A WU_E_DM_DOWNLOADLOCATIONCHANGED A download must be restarted because the location of the source of the download has changed
8024600B WU_E_DM_CONTENTCHANGED A download must be restarted because the update content changed in a new revision
8024600C WU_E_DM_DOWNLOADLIMITEDBYUPDATESIZE A download failed because the current network limits downloads by update size for the update service
80246012 WU_E_DM_DOWNLOADFILEMISSING One or more of the files for the downloaded update is missing
80246013 WU_E_DM_UPDATEREMOVED An attempt was made to access a downloaded update that has already been removed
80246FFF WU_E_DM_UNEXPECTED There was a download manager error not covered by another WU_E_DM_* error code
80248000 WU_E_DS_SHUTDOWN An operation failed because the update agent is shutting down
80248001 WU_E_DS_INUSE An operation failed because the data store was in use
80248002 WU_E_DS_INVALID The current and expected states of the data store do not match
80248003 WU_E_DS_TABLEMISSING The data store is missing a table
80248004 WU_E_DS_TABLEINCORRECT The data store contains a table with unexpected columns
80248005 WU_E_DS_INVALIDTABLENAME A table could not be opened because the table is not in the data store
80248006 WU_E_DS_BADVERSION The current and expected versions of the data store do not match
80248007 WU_E_DS_NODATA The information requested is not in the data store
80248008 WU_E_DS_MISSINGDATA The data store is missing required information or has a NULL in a table column that requires a non-null value
80248009 WU_E_DS_MISSINGREF The data store is missing required information or has a reference to missing license terms
8024800A WU_E_DS_UNKNOWNHANDLER The update was not processed because its update handler could not be recognized
8024800B WU_E_DS_CANTDELETE The update was not deleted because it is still referenced by one or more services
8024800C WU_E_DS_LOCKTIMEOUTEXPIRED The data store section could not be locked within the allotted time
8024800D WU_E_DS_NOCATEGORIES The category was not added because it contains no parent categories and is not a top-level category itself
8024800E WU_E_DS_ROWEXISTS The row was not added because an existing row has the same primary key
8024800F WU_E_DS_STOREFILELOCKED The data store could not be initialized because it was locked by another process
80248010 WU_E_DS_CANNOTREGISTER The data store is not allowed to be registered with COM in the current process
80248011 WU_E_DS_UNABLETOSTART Could not create a data store object in another process
80248013 WU_E_DS_DUPLICATEUPDATEID The server sent the same update to the client with two different revision IDs
80248014 WU_E_DS_UNKNOWNSERVICE The service is not in the data store
80248015 WU_E_DS_SERVICEEXPIRED The registration of the service has expired
80248016 WU_E_DS_DECLINENOTALLOWED A request to hide an update was declined because it is a mandatory update or because it was deployed with a deadline
80248019 WU_E_DS_NEEDWINDOWSSERVICE A request to remove the Windows Update service or to unregister it with Automatic Updates was declined because it is a built-in service and/or Automat
8024801A WU_E_DS_INVALIDOPERATION A request was declined because the operation is not allowed
8024801C WU_E_DS_RESETREQUIRED The data store requires a session reset; release the session and retry with a new session
8024801D WU_E_DS_IMPERSONATED It was requested with an impersonated identity
8024801E WU_E_DS_DATANOTAVAILABLE An operation against update metadata did not complete because the data was never received from server
8024801F WU_E_DS_DATANOTLOADED An operation against update metadata did not complete because the data was available but not loaded from datastore
80248020 WU_E_DS_NODATA_NOSUCHREVISION No such update revision is known
80248021 WU_E_DS_NODATA_NOSUCHUPDATE No such update is known
80248FFF WU_E_DS_UNEXPECTED A data store error not covered by another WU_E_DS_* code
8024A000 WU_E_AU_NOSERVICE Automatic Updates was unable to service incoming requests
8024A002 WU_E_AU_NONLEGACYSERVER The old version of the Automatic Updates client has stopped because the WSUS server has been upgraded
8024A003 WU_E_AU_LEGACYCLIENTDISABLED The old version of the Automatic Updates client was disabled
8024A004 WU_E_AU_PAUSED Automatic Updates: it was paused
8024A005 WU_E_AU_NO_REGISTERED_SERVICE No unmanaged service is registered with AU
8024A006 WU_E_AU_DETECT_SVCID_MISMATCH The default service registered with AU changed during the search
8024A007 WU_E_REBOOT_IN_PROGRESS A reboot is in progress
8024A008 WU_E_AU_OOBE_IN_PROGRESS Automatic Updates can't process incoming requests while Windows Welcome is running
8024AFFF WU_E_AU_UNEXPECTED An Automatic Updates error not covered by another WU_E_AU * code
8024B004 WU_E_WUTASK_RETRY The task was stopped and needs to be run again to complete
8024C001 WU_E_DRV_PRUNED A driver was skipped
8024C002 WU_E_DRV_NOPROP_OR_LEGACY A property for the driver could not be found. It may not conform with required specifications
8024C003 WU_E_DRV_REG_MISMATCH The registry type read for the driver does not match the expected type
8024C004 WU_E_DRV_NO_METADATA The driver update is missing metadata
8024C005 WU_E_DRV_MISSING_ATTRIBUTE The driver update is missing a required attribute
8024C006 WU_E_DRV_SYNC_FAILED Driver synchronization failed
8024C007 WU_E_DRV_NO_PRINTER_CONTENT Information required for the synchronization of applicable printers is missing
8024C008 WU_E_DRV_DEVICE_PROBLEM After installing a driver update, the updated device has reported a problem
8024CFFF WU_E_DRV_UNEXPECTED A driver error not covered by another WU_E_DRV_* code
'@

# What a failing code asks for. A failing code that is in no list is transient: one more try tells.
$script:UpdateErrorClass = @{
    transient = @(
        '80240009', '80240021', '8024001E', '8024001F', '80240438', '80244007', '80244010', '8024401C', '80244021', '80244022',
        '80244023', '8024402C', '80248000', '8024800C', '8024B004')
    restart_first = @('80240016', '00240005', '80242014', '8024201D', '80070BC9', '80070BCA')
    repair_first = @(
        '80248007', '8024200B', '80242006', '80073701', '80073712', '8007371B', '800F081F', '800F0831', '800F0900', '800F0982',
        '800F0986', '800F0988', '800F0991')
    wait_for_power = @('8024004C', '00240009')
    needs_person = @(
        '80240020', '80240044', '8024002E', '80244017', '80244018', '8024401B', '80240028', '80070070', '80070422', '80072F8F')
    benign = @('80240017', '00240006', '00240007', '00240008', '800F081E')
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
