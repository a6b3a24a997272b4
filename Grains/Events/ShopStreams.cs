namespace SoonShop.Events;

/// <summary>Names of the shop's streams.</summary>
public static class ShopStreams
{
    /// <summary>The stream provider over the event table.</summary>
    public const string Provider = "shop";

    /// <summary>
    /// The namespace of the streams that bring events to the shop's handlers: one for each queue and silo that reads it. Handlers subscribe
    /// to the namespaces of the events all the same; when other grains subscribe to one of those, all get its events by their own streams.
    /// </summary>
    public const string Lanes = "event-lane";

    /// <summary>Stream namespaces, which are the aggregates' names.</summary>
    public const string Orders = "order", Payments = "payment", Users = "user", Inventory = "inventory", Products = "product";
}
