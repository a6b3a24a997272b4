using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Orders;

/// <summary>A buyer wants to send units back.</summary>
public sealed record ReturnRequested(OrderSummary Order, OrderReturn Return) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "return.requested";
}

/// <summary>The buyer may send the units.</summary>
public sealed record ReturnApproved(OrderSummary Order, OrderReturn Return) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "return.approved";
}

/// <summary>The shop does not take the units back.</summary>
public sealed record ReturnRefused(OrderSummary Order, OrderReturn Return) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "return.refused";
}

/// <summary>The units of a return arrived.</summary>
public sealed record ReturnReceived(OrderSummary Order, OrderReturn Return) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "return.received";
}

/// <summary>What arrived of a return was refunded.</summary>
public sealed record ReturnRefunded(OrderSummary Order, OrderReturn Return) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "return.refunded";
}

/// <summary>The buyer keeps the units of a return.</summary>
public sealed record ReturnCancelled(OrderSummary Order, OrderReturn Return) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "return.cancelled";
}
