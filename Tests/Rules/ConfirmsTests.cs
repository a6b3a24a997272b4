using SoonShop.Silo.RabbitMq;

namespace SoonShop.Tests.Rules;

public sealed class ConfirmsTests
{
    [Fact]
    public void a_batch_is_done_when_each_message_is_confirmed_in_whatever_order()
    {
        var confirms = new ConfirmedPublisher.Confirms(11, 5);
        confirms.Confirm(14, multiple: false);
        confirms.Confirm(14, multiple: false);
        confirms.Confirm(12, multiple: true);
        // Of another batch.
        confirms.Confirm(10, multiple: true);
        confirms.Confirm(16, multiple: true);
        confirms.Confirm(13, multiple: false);
        Assert.False(confirms.Task.IsCompleted);
        confirms.Confirm(15, multiple: true);
        Assert.True(confirms.Task.IsCompletedSuccessfully);
    }

    [Fact]
    public void a_refused_message_fails_the_batch()
    {
        var confirms = new ConfirmedPublisher.Confirms(1, 2);
        confirms.Fail("no room");
        confirms.Confirm(2, multiple: true);
        Assert.True(confirms.Task.IsFaulted);
    }
}
