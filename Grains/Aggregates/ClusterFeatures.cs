using Orleans.Metadata;
using SoonShop.Inventory;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Pricing;

namespace SoonShop.Aggregates;

/// <summary>
/// Tells what all silos of the cluster can do while two versions run together. A silo announces a feature as a property of a grain.
/// </summary>
public sealed class ClusterFeatures(IGrainFactory grains, IClusterManifestProvider cluster)
{
    private readonly ClusterQuestion stockIsSoldWhenShipped = new(cluster, manifest => manifest.AllKnow(
        grains.Reference<IInventoryItemGrain>(Sku.GrainKey("A")).GetGrainId().Type, StockSoldWhenShippedAttribute.Name));

    private readonly ClusterQuestion customerGroupsAreRules = new(cluster, manifest => manifest.AllKnow(
        grains.Reference<ICustomerGroupMembersGrain>(0).GetGrainId().Type));

    private readonly ClusterQuestion orderUpdatesAreKnown = new(cluster, manifest => manifest.AllKnow(
        grains.Reference<INotificationGrain>(Guid.Empty).GetGrainId().Type, OrderUpdatesAttribute.Name));

    private readonly ClusterQuestion stockIsByLocation = new(cluster, manifest => manifest.AllKnow(
        grains.Reference<IInventoryItemGrain>(Sku.GrainKey("A")).GetGrainId().Type, StockByLocationAttribute.Name));

    private readonly ClusterQuestion draftOrdersAreKnown = new(
        cluster, manifest => manifest.AllKnow(grains.Reference<IDraftOrderGrain>(Guid.Empty).GetGrainId().Type));

    private readonly ClusterQuestion exchangesAreKnown = new(cluster, manifest => manifest.AllKnow(
        grains.Reference<IPaymentGrain>(Guid.Empty).GetGrainId().Type, PaymentCreditsAttribute.Name));

    /// <summary>True when every silo knows payments whose money pays for other orders.</summary>
    public bool ExchangesAreKnown => exchangesAreKnown.IsTrue;

    /// <summary>True when every silo knows customer groups as pricing rules.</summary>
    public bool CustomerGroupsAreRules => customerGroupsAreRules.IsTrue;

    /// <summary>True when every silo knows the event of a corrected order.</summary>
    public bool OrderUpdatesAreKnown => orderUpdatesAreKnown.IsTrue;

    /// <summary>True when every silo can sell the units of a reservation in parts, as they are shipped.</summary>
    public bool StockIsSoldWhenShipped => stockIsSoldWhenShipped.IsTrue;

    /// <summary>True when every silo knows stock of more locations than one.</summary>
    public bool StockIsByLocation => stockIsByLocation.IsTrue;

    /// <summary>True when every silo knows orders from drafts, which have no cart.</summary>
    public bool DraftOrdersAreKnown => draftOrdersAreKnown.IsTrue;
}

/// <summary>Announces that this version knows the event of a corrected order.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OrderUpdatesAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    /// <summary>The property's name.</summary>
    public const string Name = "soonshop.order-updated";

    /// <inheritdoc/>
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
        properties[Name] = "true";
}

/// <summary>Announces that this version sells the units of a reservation in parts.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StockSoldWhenShippedAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    /// <summary>The property's name.</summary>
    public const string Name = "soonshop.sold-when-shipped";

    /// <inheritdoc/>
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
        properties[Name] = "true";
}

/// <summary>Announces that this version knows stock of more locations than one.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StockByLocationAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    /// <summary>The property's name.</summary>
    public const string Name = "soonshop.stock-by-location";

    /// <inheritdoc/>
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
        properties[Name] = "true";
}

/// <summary>Announces that this version knows payments whose money pays for other orders.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PaymentCreditsAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    /// <summary>The property's name.</summary>
    public const string Name = "soonshop.payment-credits";

    /// <inheritdoc/>
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
        properties[Name] = "true";
}
