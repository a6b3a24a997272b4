namespace SoonShop;

/// <summary>On whose behalf a command comes: the gateway fills it from a checked token or cart header.</summary>
/// <param name="UserId">The signed-in user, if any.</param>
/// <param name="CartId">The guest's cart, if the caller is a guest who holds one.</param>
/// <param name="IsAdmin">True when the token carries the role <c>admin</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.caller")]
public sealed record Caller(Guid? UserId, Guid? CartId, bool IsAdmin)
{
    /// <summary>Owner's check: the user it belongs to, or, for what belongs to no user, the guest who holds the cart.</summary>
    public bool Owns(Guid? userId, Guid? cartId) =>
        userId is not null ? userId == UserId : cartId is not null && UserId is null && cartId == CartId;

    /// <summary>Owner or administrator.</summary>
    public bool MaySee(Guid? userId, Guid? cartId) => IsAdmin || Owns(userId, cartId);
}
