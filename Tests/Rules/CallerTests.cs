namespace SoonShop.Tests.Rules;

public sealed class CallerTests
{
    private static readonly Guid User = Given.Id(1);
    private static readonly Guid Cart = Given.Id(2);

    [Fact]
    public void users_own_what_is_theirs_and_nothing_else()
    {
        var caller = new Caller(User, null, false);

        Assert.True(caller.Owns(User, null));
        Assert.False(caller.Owns(Given.Id(3), null));
        Assert.False(caller.Owns(null, Cart));
        Assert.False(caller.Owns(null, null));
    }

    [Fact]
    public void guests_own_what_came_from_their_cart_while_it_is_nobody_elses()
    {
        var caller = new Caller(null, Cart, false);

        Assert.True(caller.Owns(null, Cart));
        Assert.False(caller.Owns(null, Given.Id(3)));
        Assert.False(caller.Owns(User, Cart));
        Assert.False(caller.Owns(null, null));
    }

    [Fact]
    public void a_signed_in_user_is_no_guest() => Assert.False(new Caller(User, Cart, false).Owns(null, Cart));

    [Fact]
    public void who_shows_nothing_sees_nothing()
    {
        var nobody = new Caller(null, null, false);

        Assert.False(nobody.MaySee(null, null) || nobody.MaySee(User, null) || nobody.MaySee(null, Cart));
    }

    [Fact]
    public void an_administrator_sees_what_others_own()
    {
        var admin = new Caller(Given.Id(9), null, true);

        Assert.True(admin.MaySee(User, null) && admin.MaySee(null, Cart));
        Assert.False(admin.Owns(User, null));
    }
}
