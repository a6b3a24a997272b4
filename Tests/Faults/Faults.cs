namespace SoonShop.Tests.Faults;

/// <summary>Tests that put load on a shop while processes die: one after another, beside others. Their limits of time are wide.</summary>
[CollectionDefinition(nameof(Faults))]
public sealed class Faults;

/// <summary>Tests that stop a database server of their own, which they share: one after another, beside others.</summary>
[CollectionDefinition(nameof(Outages))]
public sealed class Outages;
