namespace SoonShop;

/// <summary>
/// The id of a reservation: the order that it is for, and a number when the order reserves the same thing more than once, such as units
/// that move to another location.
/// </summary>
/// <param name="OrderId">The order.</param>
/// <param name="Number">0 for the only or first reservation.</param>
[GenerateSerializer, Immutable, Alias("soonshop.reservation-id")]
public readonly record struct ReservationId(Guid OrderId, int Number)
{
    /// <summary>Returns the id of an order's first reservation.</summary>
    public static implicit operator ReservationId(Guid orderId) => new(orderId, 0);

    /// <summary>Returns the text that the ids of its operations begin with.</summary>
    public override string ToString() => Number == 0 ? $"{OrderId:N}" : $"{OrderId:N}/{Number}";
}
