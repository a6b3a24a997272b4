using SoonShop.Orleans.PostgreSql.Storage;

namespace SoonShop.Tests.Rules;

public sealed class PendingWriteTests
{
    private readonly GrainState<string> state = new("cart", "3") { RecordExists = false };

    [Fact]
    public async Task a_commit_sets_the_version_before_the_grain_goes_on()
    {
        var write = Write();
        Assert.Equal("3", state.ETag);

        write.Commit();

        Assert.True(write.Task.IsCompleted);
        Assert.Equal(("4", true), (state.ETag, state.RecordExists));
        Assert.Equal(4, await write.Task);
    }

    [Fact]
    public async Task what_was_settled_before_leaves_the_version_as_it_is()
    {
        var write = Write();

        write.Reject("the queue is full");
        write.Commit();

        Assert.Equal(("3", false), (state.ETag, state.RecordExists));
        await Assert.ThrowsAsync<StorageFailedException>(() => write.Task);
    }

    private PendingStateWrite<string> Write() => new(new StateKey("cart", "key"), 3, StateParts.None, state);
}
