namespace SoonShop;

/// <summary>The caller of a command. The gateway sets it from a verified token or cart header.</summary>
/// <param name="UserId">The signed-in user, if any.</param>
/// <param name="CartId">The guest's cart, if the caller is a guest with a cart.</param>
/// <param name="IsAdmin">True when the token carries the role <c>admin</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.caller")]
public sealed record Caller(Guid? UserId, Guid? CartId, bool IsAdmin)
{
    /// <summary>True when the caller is the owning user or, if there is no user, the guest with the cart.</summary>
    public bool Owns(Guid? userId, Guid? cartId) =>
        userId is not null ? userId == UserId : cartId is not null && UserId is null && cartId == CartId;

    /// <summary>True for the owner or an administrator.</summary>
    public bool MaySee(Guid? userId, Guid? cartId) => IsAdmin || Owns(userId, cartId);
}
