namespace SoonShop.Events;

/// <summary>Names of the shop's streams.</summary>
public static class ShopStreams
{
    /// <summary>The stream provider over the event table.</summary>
    public const string Provider = "shop";

    /// <summary>Stream namespaces, which are the aggregates' names.</summary>
    public const string Orders = "order", Payments = "payment", Users = "user", Inventory = "inventory", Products = "product";
}
