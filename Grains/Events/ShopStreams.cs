namespace SoonShop.Events;

/// <summary>Names of the shop's streams.</summary>
public static class ShopStreams
{
    /// <summary>The stream provider over the event table.</summary>
    public const string Provider = "shop";

    /// <summary>
    /// The namespace of the streams that bring events to the shop's handlers: one for each queue and silo that reads it. A handler names the
    /// namespaces of the events all the same; who else subscribes to one of those has the events' own streams.
    /// </summary>
    public const string Lanes = "event-lane";

    /// <summary>Stream namespaces, which are the aggregates' names.</summary>
    public const string Orders = "order", Payments = "payment", Users = "user", Inventory = "inventory", Products = "product";
}
