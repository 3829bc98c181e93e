package dotnet

// The time zone header, which Microsoft's own sample of AddNewImContactToGroup sends.
var (
	timeZoneContext = &schemaType{
		space: typesSpace, name: "TimeZoneContextType", content: contentElements, soapAny: true,
		children: []particle{one("TimeZoneDefinition", timeZoneDefinition)},
	}
	timeZoneDefinition = &schemaType{
		space: typesSpace, name: "TimeZoneDefinitionType", content: contentElements, optional: true,
		children: []particle{
			one("Periods", periods),
			maybe("TransitionsGroups", transitionsGroups),
			maybe("Transitions", transitions),
		},
		attrs: []attributeDecl{{"Id", xsString, false}, {"Name", xsString, false}},
	}
	periods = &schemaType{
		space: typesSpace, name: "NonEmptyArrayOfPeriodsType", content: contentElements,
		children: []particle{many(elementDecl{"Period", period})},
	}
	period = &schemaType{
		space: typesSpace, name: "PeriodType",
		attrs: []attributeDecl{{"Bias", xsDuration, false}, {"Name", xsString, false}, {"Id", xsString, false}},
	}
	transitionsGroups = &schemaType{
		space: typesSpace, name: "ArrayOfTransitionsGroupsType", content: contentElements,
		children: []particle{many(elementDecl{"TransitionsGroup", transitions})},
	}
	transitions = &schemaType{
		space: typesSpace, name: "ArrayOfTransitionsType", content: contentElements,
		children: []particle{many(
			elementDecl{"Transition", transition},
			elementDecl{"AbsoluteDateTransition", absoluteDateTransition},
			elementDecl{"RecurringDayTransition", recurringDayTransition},
			elementDecl{"RecurringDateTransition", recurringDateTransition},
		)},
		attrs: []attributeDecl{{"Id", xsString, false}},
	}
)

// The moments at which a time zone changes its offset.
var (
	transition = &schemaType{
		space: typesSpace, name: "TransitionType", content: contentElements,
		children: []particle{one("To", transitionTarget)},
	}
	transitionTarget = &schemaType{
		space: typesSpace, name: "TransitionTargetType", base: xsString, content: contentText,
		attrs: []attributeDecl{{"Kind", transitionTargetKind, true}},
	}
	transitionTargetKind = &schemaType{
		space: typesSpace, name: "TransitionTargetKindType", base: xsString,
		content: contentText, value: oneOf("Period", "Group"),
	}
	absoluteDateTransition = &schemaType{
		space: typesSpace, name: "AbsoluteDateTransitionType", base: transition, content: contentElements,
		children: []particle{one("To", transitionTarget), one("DateTime", xsDateTime)},
	}
	recurringTimeTransition = &schemaType{
		space: typesSpace, name: "RecurringTimeTransitionType", base: transition, abstract: true,
	}
	recurringDateTransition = &schemaType{
		space: typesSpace, name: "RecurringDateTransitionType", base: recurringTimeTransition, content: contentElements,
		children: []particle{
			one("To", transitionTarget),
			one("TimeOffset", xsDuration),
			one("Month", xsInt),
			one("Day", xsInt),
		},
	}
	recurringDayTransition = &schemaType{
		space: typesSpace, name: "RecurringDayTransitionType", base: recurringTimeTransition, content: contentElements,
		children: []particle{
			one("To", transitionTarget),
			one("TimeOffset", xsDuration),
			one("Month", xsInt),
			one("DayOfWeek", dayOfWeek),
			one("Occurrence", xsInt),
		},
	}
	dayOfWeek = &schemaType{
		space: typesSpace, name: "DayOfWeekType", base: xsString, content: contentText,
		value: oneOf("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
			"Day", "Weekday", "WeekendDay"),
	}
)
