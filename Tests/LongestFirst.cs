using SoonShop.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace SoonShop.Tests;

/// <summary>Starts the collections that take minutes before the others: the last one to end decides how long all of them take.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long =
    [
        "Faults", "Outages", "RunningShop", "SecondRunningShop", ".SupersedingCrashTests", ".PaymentCrashTests", ".CrashTests",
        ".DemoCatalogTests", "CheckedShop", "EventsSilo", ".DeliveryTests", ".BacklogTests", ".EmailChangeCrashTests",
        ".AttributeFacetTests", ".ImportCrashTests", ".SecondSiloTests", ".ErasureCrashTests", "RabbitMqServer", ".CheckoutCrashTests",
        ".StripeWebhookTests", ".ClusterTlsTests", ".CatalogOutageTests", ".ProcessCrashTests", "EdgeShop", ".PaymentsUnderFireTests",
        ".OneOpenOrderRaceTests", ".DoubleSubmitTests", ".PublishedPasswordTests", ".RestartTests", ".PasswordFloodTests", ".FuzzTests",
        ".AdmissionTests", ".LateOrderTests", ".MailLoginTests",
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(
            c => Array.FindIndex(Long, name => IsOf(c.TestCollectionDisplayName, name)) is var place and >= 0 ? place : Long.Length)];

    private static bool IsOf(string collection, string name) =>
        name[0] == '.' ? collection.Contains($"{name} ", StringComparison.Ordinal) : collection == name;
}
