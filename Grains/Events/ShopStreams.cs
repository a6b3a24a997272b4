namespace SoonShop.Events;

/// <summary>Names of the shop's streams.</summary>
public static class ShopStreams
{
    /// <summary>The stream provider over the event table.</summary>
    public const string Provider = "shop";

    /// <summary>
    /// The namespace of the lanes' streams, which carry events to the shop's handlers: one per queue and silo that reads it. Handlers still
    /// subscribe to the namespaces of their events. When another grain subscribes to such a namespace, all its subscribers get the events
    /// through the event's own stream.
    /// </summary>
    public const string Lanes = "event-lane";

    /// <summary>Stream namespaces, named after the aggregates.</summary>
    public const string Orders = "order", Payments = "payment", Users = "user", Inventory = "inventory", Products = "product",
        Pricing = "pricing";
}
