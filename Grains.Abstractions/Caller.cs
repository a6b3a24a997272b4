using System.Text;

namespace SoonShop;

/// <summary>The caller of a command. The gateway sets it from a verified token or cart header.</summary>
/// <param name="UserId">The signed-in user, if any.</param>
/// <param name="CartId">The guest's cart, if the caller is a guest with a cart.</param>
/// <param name="IsAdmin">True when the token carries the role <c>admin</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.caller")]
public sealed record Caller(Guid? UserId, Guid? CartId, bool IsAdmin)
{
    /// <summary>
    /// The token of a mailed link to one order (<see cref="Orders.OrderToken"/>), as the caller sent it; null for none. It is not verified:
    /// the order's grain does that.
    /// </summary>
    [Id(0)] public string? OrderToken { get; init; }

    /// <summary>A caller who works for the shop and owns nothing.</summary>
    public static Caller Shop { get; } = new(null, null, IsAdmin: true);

    /// <summary>True when the caller is the owning user or, if there is no user, the guest with the cart.</summary>
    public bool Owns(Guid? userId, Guid? cartId) =>
        userId is not null ? userId == UserId : cartId is not null && UserId is null && cartId == CartId;

    /// <summary>True for the owner or an administrator.</summary>
    public bool MaySee(Guid? userId, Guid? cartId) => IsAdmin || Owns(userId, cartId);

    /// <summary>Leaves the token out of texts.</summary>
    private bool PrintMembers(StringBuilder text)
    {
        text.Append($"UserId = {UserId}, CartId = {CartId}, IsAdmin = {IsAdmin}, HasOrderToken = {OrderToken is not null}");
        return true;
    }
}
