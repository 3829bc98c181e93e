package dotnet

// declaredMessages holds the names that the messages schema declares, each between blanks.
const declaredMessages = " " +
	"GetFolder UploadItems UploadItemsResponse ExportItems ExportItemsResponse CreateFolder " +
	"FindFolder FindFolderResponse DeleteFolder DeleteFolderResponse EmptyFolder EmptyFolderResponse " +
	"MoveFolder CopyFolder UpdateFolder CreateFolderResponse GetFolderResponse UpdateFolderResponse " +
	"MoveFolderResponse CopyFolderResponse CreateFolderPath CreateFolderPathResponse GetItem " +
	"CreateItem UpdateItem UpdateItemInRecoverableItems DeleteItem MoveItem CopyItem ArchiveItem " +
	"SendItem SendItemResponse FindItem FindConversation FindConversationResponse " +
	"PerformInstantSearch PerformInstantSearchResponse EndInstantSearchSession " +
	"ApplyConversationAction ApplyConversationActionResponse FindPeople FindPeopleResponse FindTags " +
	"FindTagsResponse AddTag AddTagResponse HideTag HideTagResponse GetPersona " +
	"GetPersonaResponseMessage CreateAttachment CreateAttachmentResponse DeleteAttachment " +
	"DeleteAttachmentResponse GetAttachment GetAttachmentResponse CreateItemResponse " +
	"UpdateItemResponse UpdateItemInRecoverableItemsResponse GetItemResponse MoveItemResponse " +
	"CopyItemResponse DeleteItemResponse FindItemResponse ArchiveItemResponse GetClientAccessToken " +
	"GetClientAccessTokenResponse GetFocusedOtherOverrides GetFocusedOtherOverridesResponse " +
	"CreateOrUpdateFocusedOtherOverride CreateOrUpdateFocusedOtherOverrideResponse " +
	"DeleteFocusedOtherOverride DeleteFocusedOtherOverrideResponse ResolveNames ResolveNamesResponse " +
	"GetPasswordExpirationDate GetPasswordExpirationDateResponse GetMailTips GetMailTipsResponse " +
	"PlayOnPhone PlayOnPhoneResponse GetPhoneCallInformation GetPhoneCallInformationResponse " +
	"DisconnectPhoneCall DisconnectPhoneCallResponse ExpandDL ExpandDLResponse GetServerTimeZones " +
	"GetServerTimeZonesResponse CreateManagedFolder CreateManagedFolderResponse Subscribe " +
	"SubscribeResponse Unsubscribe UnsubscribeResponse GetEvents GetEventsResponse " +
	"GetStreamingEvents GetStreamingEventsResponse SendNotification SendNotificationResult " +
	"SyncFolderHierarchy SyncFolderHierarchyResponse SyncFolderItems SyncFolderItemsResponse " +
	"GetUserAvailabilityRequest GetUserAvailabilityResponse GetUserOofSettingsRequest " +
	"GetUserOofSettingsResponse SetUserOofSettingsRequest SetUserOofSettingsResponse ConvertId " +
	"ConvertIdResponse GetDelegate GetDelegateResponse AddDelegate AddDelegateResponse " +
	"RemoveDelegate RemoveDelegateResponse UpdateDelegate UpdateDelegateResponse GetSharingMetadata " +
	"GetSharingMetadataResponse RefreshSharingFolder RefreshSharingFolderResponse GetSharingFolder " +
	"GetSharingFolderResponse CreateUserConfiguration CreateUserConfigurationResponse " +
	"DeleteUserConfiguration DeleteUserConfigurationResponse GetUserConfiguration " +
	"GetUserConfigurationResponse GetSpecificUserConfiguration GetSpecificUserConfigurationResponse " +
	"UpdateUserConfiguration UpdateUserConfigurationResponse SetTeamMailbox UnpinTeamMailbox " +
	"SetTeamMailboxResponse UnpinTeamMailboxResponse GetRoomLists GetRoomListsResponse GetRooms " +
	"GetRoomsResponse GetReminders GetRemindersResponse PerformReminderAction " +
	"PerformReminderActionResponse GetServiceConfiguration GetServiceConfigurationResponse " +
	"FindMessageTrackingReport FindMessageTrackingReportResponse GetMessageTrackingReport " +
	"GetMessageTrackingReportResponse GetInboxRules GetInboxRulesResponse UpdateInboxRules " +
	"UpdateInboxRulesResponse FindMailboxStatisticsByKeywords " +
	"FindMailboxStatisticsByKeywordsResponse GetSearchableMailboxes GetSearchableMailboxesResponse " +
	"SearchMailboxes SearchMailboxesResponse GetDiscoverySearchConfiguration " +
	"GetDiscoverySearchConfigurationResponse GetHoldOnMailboxes GetHoldOnMailboxesResponse " +
	"SetHoldOnMailboxes SetHoldOnMailboxesResponse GetNonIndexableItemStatistics " +
	"GetNonIndexableItemStatisticsResponse GetNonIndexableItemDetails " +
	"GetNonIndexableItemDetailsResponse MarkAllItemsAsRead MarkAllItemsAsReadResponse " +
	"GetConversationItems GetConversationItemsResponse GetOMEConfiguration " +
	"GetOMEConfigurationResponse SetOMEConfiguration SetOMEConfigurationResponse GetOMEMessageStatus " +
	"GetOMEMessageStatusResponse SetOMEMessageStatus SetOMEMessageStatusResponse GetAppManifests " +
	"GetAppManifestsResponse GetAppMarketplaceUrl GetAppMarketplaceUrlResponse MarkAsJunk " +
	"MarkAsJunkResponse MarkAsPhishing MarkAsPhishingResponse ReportMessage ReportMessageResponse " +
	"InstallApp InstallAppResponse UpdateExtensionUsage UpdateExtensionUsageResponse UninstallApp " +
	"UninstallAppResponse DisableApp DisableAppResponse AddNewImContactToGroup " +
	"AddNewImContactToGroupResponse AddNewTelUriContactToGroup AddNewTelUriContactToGroupResponse " +
	"AddImContactToGroup AddImContactToGroupResponse RemoveImContactFromGroup " +
	"RemoveImContactFromGroupResponse AddImGroup AddImGroupResponse AddDistributionGroupToImList " +
	"AddDistributionGroupToImListResponse GetImItemList GetImItemListResponse GetImItems " +
	"GetImItemsResponse RemoveContactFromImList RemoveContactFromImListResponse " +
	"RemoveDistributionGroupFromImList RemoveDistributionGroupFromImListResponse RemoveImGroup " +
	"RemoveImGroupResponse SetImGroup SetImGroupResponse SetImListMigrationCompleted " +
	"SetImListMigrationCompletedResponse GetUserRetentionPolicyTags " +
	"GetUserRetentionPolicyTagsResponse GetUserPhoto GetUserPhotoResponse GetMeetingSpace " +
	"GetMeetingSpaceResponseMessage CreateMeetingSpace CreateMeetingSpaceResponseMessage " +
	"UpdateMeetingSpace UpdateMeetingSpaceResponseMessage FindMeetingSpaceByJoinUrl " +
	"FindMeetingSpaceByJoinUrlResponseMessage DeleteMeetingSpace DeleteMeetingSpaceResponseMessage " +
	"GetMeetingInstanceRequest GetMeetingInstanceResponse CreateMeetingInstanceRequest " +
	"CreateMeetingInstanceResponse UpdateMeetingInstanceRequest UpdateMeetingInstanceResponse " +
	"DeleteMeetingInstanceRequest DeleteMeetingInstanceResponse SetUserPhoto SetUserPhotoResponse " +
	"RegisterConsent RegisterConsentResponse FindAvailableMeetingTimes " +
	"FindAvailableMeetingTimesResponse FindMeetingTimeCandidates FindMeetingTimeCandidatesResponse " +
	"StartSearchSession StartSearchSessionResponse GetSearchSuggestions GetSearchSuggestionsResponse " +
	"DeleteSearchSuggestion DeleteSearchSuggestionResponse ExecuteSearch ExecuteSearchResponse " +
	"EndSearchSession EndSearchSessionResponse GetLastPrivateCatalogUpdate " +
	"GetLastPrivateCatalogUpdateResponse GetPrivateCatalogAddIns GetPrivateCatalogAddInsResponse "
